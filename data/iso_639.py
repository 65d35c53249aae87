"""ISO 639: languages by their codes of three letters and of two."""

from __future__ import annotations

import functools
from difflib import get_close_matches

#: ISO 639-3 = ISO 639-1; macrolanguages' members by CLDR's aliases.
PAIRS = (
    "aar=aa abk=ab afr=af aka=ak als=sq amh=am ara=ar arb=ar arg=an asm=as ava=av ave=ae aym=ay ayr=ay aze=az azj=az "
    "bak=ba bam=bm bel=be ben=bn bis=bi bod=bo bos=bs bre=br bul=bg cat=ca ces=cs cha=ch che=ce chu=cu chv=cv cls=sa "
    "cmn=zh cor=kw cos=co cre=cr cwd=cr cym=cy dan=da deu=de div=dv drh=mn dzo=dz ekk=et ell=el eng=en epo=eo esk=ik "
    "est=et eus=eu ewe=ee fao=fo fas=fa fat=ak fij=fj fin=fi fra=fr fry=fy fuc=ff ful=ff gaz=om gla=gd gle=ga glg=gl "
    "glv=gv grn=gn gug=gn guj=gu hat=ht hau=ha heb=he her=hz hin=hi hmo=ho hrv=hr hun=hu hye=hy ibo=ig ido=io iii=ii "
    "ike=iu iku=iu ile=ie ina=ia ind=id ipk=ik isl=is ita=it jav=jv jpn=ja kal=kl kan=kn kas=ks kat=ka kau=kr kaz=kk "
    "khk=mn khm=km kik=ki kin=rw kir=ky kmr=ku knc=kr kng=kg kom=kv kon=kg kor=ko kpv=kv kua=kj kur=ku lao=lo lat=la "
    "lav=lv lim=li lin=ln lit=lt ltz=lb lub=lu lug=lg lvs=lv mah=mh mal=ml mar=mr mkd=mk mlg=mg mlt=mt mon=mn mri=mi "
    "msa=ms mya=my nau=na nav=nv nbl=nr nde=nd ndo=ng nep=ne nld=nl nno=nn nob=nb nor=no npi=ne nya=ny oci=oc ojg=oj "
    "oji=oj ori=or orm=om ory=or oss=os pan=pa pbu=ps pes=fa pli=pi plt=mg pol=pl por=pt prp=gu pus=ps que=qu quz=qu "
    "roh=rm ron=ro run=rn rus=ru sag=sg san=sa sin=si slk=sk slv=sl sme=se smo=sm sna=sn snd=sd som=so sot=st spa=es "
    "sqi=sq src=sc srd=sc srp=sr ssw=ss sun=su swa=sw swe=sv swh=sw tah=ty tam=ta tat=tt tel=te tgk=tg tha=th tir=ti "
    "ton=to tsn=tn tso=ts tuk=tk tur=tr twi=ak uig=ug ukr=uk urd=ur uzb=uz uzn=uz ven=ve vie=vi vol=vo wln=wa wol=wo "
    "xho=xh ydd=yi yid=yi yor=yo zha=za zho=zh zsm=ms zul=zu zyb=za "
)

#: ISO 639-3 of languages without a code of two letters that CLD2 or fastText's lid.176 find in web pages.
OTHERS = (
    "arz ast azb bar bcl bih bpy cbk ceb chr ckb crs diq dsb eml frr gom gsw haw hbs hif hmn hsb ilo jbo kha krc lez "
    "lif lmo lrc mai mfe mhr min mrj mwl myv mzn nah nap nds new nso pam pfl pms pnb rue sah scn sco syr tlh tyv vec "
    "vep vls war wuu xal xmf yue zza"
)

#: ISO 639-2, the codes that libraries use = those of ISO 639-3.
OF_LIBRARIES = (
    "alb=sqi arm=hye baq=eus bur=mya chi=zho cze=ces dut=nld fre=fra geo=kat ger=deu gre=ell ice=isl mac=mkd mao=mri "
    "may=msa per=fas rum=ron slo=slk tib=bod wel=cym"
)


@functools.cache
def _shorter() -> dict[str, str]:
    return dict(pair.split("=") for pair in PAIRS.split())


def short_code(code: str) -> str:
    """Returns the code of two letters for one of three, where there is one; any other code as it is, in lower case."""
    return _shorter().get(code.lower(), code.lower())


def language_codes() -> set[str]:
    """Returns the codes of two letters, those of three that stand for one of them, and OTHERS."""
    return {*_shorter(), *_shorter().values(), *OTHERS.split()}


def near_codes(code: str) -> list[str]:
    """Returns the codes that somebody may have meant who wrote one that is none, the likeliest first."""
    known = language_codes()
    if meant := dict(pair.split("=") for pair in OF_LIBRARIES.split()).get(code):
        return [meant]
    if code[:3] in known:
        return [code[:3]]
    return get_close_matches(code, sorted(one for one in known if len(one) == len(code)), n=3)
