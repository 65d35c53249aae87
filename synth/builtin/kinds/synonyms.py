"""Words that can stand for each other without regard to what is around them."""

from __future__ import annotations

_PAIRS = """
additional: further, extra | afterwards: later on | although: even though | amount: quantity | annual: yearly
answers: replies | approximately: roughly | area: region | areas: regions | assist: help | assistance: help
basic: fundamental | beautiful: lovely | began: started | begin: start | begins: starts | biggest: largest
brief: short | build: construct | builds: constructs | built: constructed | buy: purchase | buys: purchases
careful: cautious | carefully: with care | commonly: often | completely: entirely, fully | complex: complicated
contains: holds | correctly: rightly | created: made | creates: makes | crucial: vital | currently: at present
decrease: lessen | demonstrate: show | demonstrates: shows | demonstrated: showed | difficult: hard
discover: find | discovered: found | discovers: finds | distinct: separate | easily: with ease | easy: simple
enormous: huge | ensure: make sure | ensures: makes sure | entire: whole | entirely: wholly
especially: above all, particularly | essential: vital | establish: set up | established: set up | evident: clear
example: instance | examples: instances | faster: quicker | finally: in the end | frequently: often
fully: entirely | furthermore: moreover | gather: collect | gathers: collects | generally: as a rule, usually
goal: aim | goals: aims | hence: therefore | however: nevertheless | huge: enormous | idea: notion | ideas: notions
immediately: at once | important: significant | include: comprise | includes: comprises | indicate: show
indicates: shows | initial: first | initially: at first | keep: retain | keeps: retains | large: big, sizeable
largest: biggest | locate: find | location: place | locations: places | mainly: chiefly, mostly
maintain: keep up | maintains: keeps up | maybe: perhaps | method: way | methods: ways | modify: change
modifies: changes | moreover: besides | mostly: mainly | necessary: needed | normally: as a rule | observe: watch
obtain: get | obtains: gets | obtained: got | obvious: plain | obviously: plainly | occasionally: now and then
often: frequently | option: choice | options: choices | perform: carry out | performs: carries out
perhaps: maybe | pick: choose | picks: chooses | previously: earlier | primary: chief | primarily: chiefly
principal: main | problem: difficulty | problems: difficulties | produce: make | produces: makes | produced: made
purchase: buy | quick: fast | quickly: fast, swiftly | rapid: fast | rapidly: fast | rarely: seldom
really: truly | receive: get | receives: gets | received: got | region: area | regions: areas | remain: stay
remains: stays | remained: stayed | require: need | requires: needs | required: needed | seek: look for
select: choose | selects: chooses | selected: chosen | several: a number of | sometimes: at times
specific: particular | strange: odd | strong: sturdy | sufficient: enough | suitable: fitting | task: job
tasks: jobs | therefore: hence, for that reason | tiny: very small | typical: usual | typically: usually
understand: grasp | understands: grasps | unusual: uncommon | usually: as a rule, mostly | utilize: use
utilizes: uses | valuable: precious | variety: range | various: different | vast: immense | vital: essential
wide: broad | within: inside | wonderful: marvellous
"""

SYNONYMS: dict[str, tuple[str, ...]] = {
    word.strip(): tuple(option.strip() for option in options.split(","))
    for line in _PAIRS.strip().splitlines()
    for word, _, options in (entry.partition(":") for entry in line.split("|"))
}
