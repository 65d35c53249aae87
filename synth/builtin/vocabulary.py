"""The little worlds that the procedural teacher's names, data and stories come from."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Vocabulary:
    """One setting.

    Attributes:
        who: the person of the story.
        names: for each type the names that an argument may have.
        words: strings for sample data.
        about: what the numbers are.
    """

    who: str
    names: dict[str, tuple[str, ...]]
    words: tuple[str, ...]
    about: str


def _names(
    ints: str, words: str, pairs: str, natural: str, text: str, series: str, matrix: str
) -> dict[str, tuple[str, ...]]:
    """Returns argument names per type; space-separated alternatives come in."""
    return {
        "ints": tuple(ints.split()),
        "words": tuple(words.split()),
        "pairs": tuple(pairs.split()),
        "counts": tuple(f"{name}_by_name" for name in ints.split()),
        "natural": tuple(natural.split()),
        "int": tuple(natural.split()),
        "text": tuple(text.split()),
        "series": tuple(series.split()),
        "groups": ("links", "members", f"{words.split()[0]}_map"),
        "matrix": tuple(matrix.split()),
        "tree": ("tree", "nested", "boxes"),
        "date": ("day", "date_given", "opening_day"),
        "dates": ("days", "dates", "deadlines"),
        "times": ("times", "clock_times", "hours"),
        "records": ("stock", "records", f"{words.split()[0]}_stock"),
    }


VOCABULARIES: dict[str, Vocabulary] = {
    "orchard": Vocabulary(
        "the keeper of an orchard",
        _names(
            "weights yields harvests",
            "trees sorts fruits",
            "picks baskets",
            "crates trees_planted",
            "label note",
            "yields_by_row",
            "rows plots",
        ),
        ("apple", "pear", "plum", "quince", "cherry", "medlar", "Damson", "fig", "walnut", "russet", "peach", "olive"),
        "kilograms picked",
    ),
    "library": Vocabulary(
        "a librarian",
        _names(
            "loans pages visits",
            "titles authors shelves",
            "borrowings returns",
            "days_late copies",
            "title notice",
            "loans_by_branch",
            "shelf_plan floors",
        ),
        ("atlas", "novel", "poem", "essay", "Diary", "fable", "letter", "almanac", "saga", "primer", "ballad", "level"),
        "loans a day",
    ),
    "harbour": Vocabulary(
        "a harbour master",
        _names(
            "depths cargoes tides",
            "ships captains piers",
            "arrivals landings",
            "berths containers",
            "signal log_line",
            "cargoes_by_pier",
            "chart decks",
        ),
        (
            "ferry",
            "barge",
            "sloop",
            "tanker",
            "Kayak",
            "trawler",
            "ketch",
            "dinghy",
            "cutter",
            "pilot",
            "yawl",
            "civic",
        ),
        "tonnes landed",
    ),
    "weather station": Vocabulary(
        "an observer at a weather station",
        _names(
            "readings gusts rainfalls",
            "stations clouds months",
            "reports measurements",
            "minutes millimetres",
            "report code",
            "readings_by_station",
            "grid forecasts",
        ),
        (
            "cirrus",
            "stratus",
            "fog",
            "hail",
            "Drizzle",
            "thunder",
            "frost",
            "squall",
            "breeze",
            "haze",
            "sleet",
            "radar",
        ),
        "millimetres of rain",
    ),
    "bakery": Vocabulary(
        "a baker",
        _names(
            "batches prices minutes",
            "loaves orders recipes",
            "sales orders_placed",
            "trays grams",
            "order recipe",
            "sales_by_day",
            "trays_in_oven oven",
        ),
        (
            "rye",
            "bagel",
            "brioche",
            "Pretzel",
            "scone",
            "muffin",
            "croissant",
            "biscuit",
            "stollen",
            "bun",
            "noon",
            "tart",
        ),
        "loaves sold",
    ),
    "museum": Vocabulary(
        "the curator of a museum",
        _names(
            "visitors ages tickets",
            "rooms painters exhibits",
            "donations bids",
            "year_found visitors_today",
            "caption inscription",
            "visitors_by_room",
            "wall floor_plan",
        ),
        ("vase", "mask", "Coin", "statue", "fresco", "amulet", "mosaic", "scroll", "urn", "tapestry", "relief", "deed"),
        "tickets sold",
    ),
    "railway": Vocabulary(
        "a signaller on a railway",
        _names(
            "delays speeds seats",
            "stops lines platforms",
            "departures fares",
            "train_number carriages",
            "timetable message",
            "delays_by_line",
            "coupling yard",
        ),
        (
            "depot",
            "tunnel",
            "Signal",
            "bridge",
            "halt",
            "junction",
            "siding",
            "express",
            "freight",
            "tram",
            "rotor",
            "terminus",
        ),
        "minutes of delay",
    ),
    "observatory": Vocabulary(
        "an astronomer",
        _names(
            "magnitudes flares counts_seen",
            "stars comets moons",
            "sightings transits",
            "orbits exposures",
            "catalogue_entry designation",
            "flares_by_star",
            "image pixels",
        ),
        ("Vega", "sirius", "rigel", "mira", "deneb", "altair", "castor", "nova", "comet", "halo", "eclipse", "madam"),
        "photons counted",
    ),
}

#: Names of intermediate results, per type.
INTERMEDIATE: dict[str, tuple[str, ...]] = {
    "ints": ("numbers", "selected", "values", "kept", "step"),
    "words": ("words", "names", "labels", "items"),
    "pairs": ("entries", "rows", "tuples"),
    "counts": ("table", "counts", "totals", "amounts"),
    "series": ("grouped", "lists", "groups"),
    "groups": ("mapping", "groups", "index"),
    "matrix": ("grid", "table", "rows"),
    "tree": ("nested_result", "tree_result"),
    "natural": ("amount", "number", "size"),
    "int": ("amount", "number", "score"),
    "real": ("average", "mean"),
    "text": ("line", "string", "joined"),
    "flag": ("answer", "found"),
    "date": ("when", "next_day"),
    "dates": ("calendar", "chosen_days"),
    "times": ("moments", "chosen_times"),
    "records": ("goods", "listed"),
}

#: Names of loop variables and helpers, per place in an idiom.
LOCALS: dict[str, tuple[str, ...]] = {
    "n": ("n", "number", "value", "item"),
    "m": ("other", "m"),
    "w": ("word", "w", "entry"),
    "c": ("c", "char", "ch"),
    "i": ("i", "index", "position"),
    "j": ("j", "end", "other_index"),
    "a": ("current", "first", "acc", "left"),
    "b": ("best", "second", "right"),
    "g": ("key", "name", "g"),
    "h": ("other_key", "h", "k2"),
    "v": ("v", "amount", "part"),
    "u": ("u", "targets"),
    "p": ("pair", "p", "entry"),
    "q": ("q", "record"),
    "r": ("row", "r", "line"),
    "d": ("depth", "level"),
    "f": ("walk", "visit", "descend"),
    "C": ("Item", "Entry", "Article", "Good"),
    "F": ("_walk", "_produce", "_step", "_attempt"),
}
