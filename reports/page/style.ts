/**
 * The one style sheet of the page. System fonts, no image, nothing loaded.
 */

const light = `--bg:#fff;--panel:#f5f6f8;--line:#d0d4da;--fg:#1b1f24;--dim:#545c66;--link:#0b57a4;
--violation:#b3261e;--error:#8a1f7a;--inconclusive:#00646f;--warning:#7d5200;--advisory:#0b57a4;
--untested:#3f5b8c;--pass:#11632b;--not-applicable:#545c66;--mark:#ffe08a;--mark-fg:#1b1f24`
const dark = `--bg:#101418;--panel:#1a2027;--line:#3a434d;--fg:#e7eaee;--dim:#a9b2bd;--link:#8ec1ff;
--violation:#ff8f85;--error:#f29be6;--inconclusive:#63d3e0;--warning:#f0c14b;--advisory:#8ec1ff;
--untested:#a8bff0;--pass:#7fe094;--not-applicable:#a9b2bd;--mark:#6b5200;--mark-fg:#fff6d6`

const layout = `
*{box-sizing:border-box}
[hidden]{display:none!important}
html{color-scheme:light dark;scroll-padding-top:6.5rem;${light}}
@media(prefers-color-scheme:dark){html{${dark}}}
html[data-theme=light]{color-scheme:light;${light}}
html[data-theme=dark]{color-scheme:dark;${dark}}
body{margin:0;background:var(--bg);color:var(--fg);font:16px/1.5 system-ui,"DejaVu Sans",sans-serif;overflow-wrap:anywhere}
header,main,footer{max-width:76rem;margin:0 auto;padding:1rem}main{padding-top:0}
h1{font-size:1.15rem;margin:0;font-weight:600}
h1 small{display:block;font-weight:400;color:var(--dim);font-size:1rem}
h2{font-size:1.2rem;margin:2rem 0 .5rem;display:flex;flex-wrap:wrap;gap:.25rem 1rem;align-items:baseline}
h3,h4{font-size:1rem;margin:0;font-weight:600}
p{margin:.4rem 0}
a{color:var(--link)}
a:focus-visible,button:focus-visible,summary:focus-visible,input:focus-visible,select:focus-visible,pre:focus-visible{outline:3px solid var(--link);outline-offset:2px}
code,pre,.id{font-family:ui-monospace,"DejaVu Sans Mono",monospace;font-size:.875rem}
pre{margin:.25rem 0;padding:.6rem .75rem;background:var(--panel);border:1px solid var(--line);border-radius:.35rem;white-space:pre-wrap}
pre[tabindex]{max-height:32rem;overflow:auto}
mark{background:var(--mark);color:var(--mark-fg);font-weight:700;padding:0 .2rem}
mark::before{content:"► "}mark::after{content:" ◄"}
button,select,input{font:inherit;font-size:.9rem;min-height:2rem;padding:.2rem .6rem;color:var(--fg);background:var(--bg);border:1px solid var(--dim);border-radius:.35rem}
button{cursor:pointer}
.skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:1rem;background:var(--bg);padding:.5rem;z-index:2}
.dim{color:var(--dim)}
html:not(.js) .js-only{display:none}
.violation{color:var(--violation)}.error{color:var(--error)}.inconclusive{color:var(--inconclusive)}
.warning{color:var(--warning)}.advisory{color:var(--advisory)}.untested{color:var(--untested)}
.pass{color:var(--pass)}.not-applicable{color:var(--not-applicable)}
rect.violation{fill:var(--violation)}rect.error{fill:var(--error)}rect.inconclusive{fill:var(--inconclusive)}
rect.warning{fill:var(--warning)}rect.advisory{fill:var(--advisory)}rect.untested{fill:var(--untested)}
rect.pass{fill:var(--pass)}rect.not-applicable,rect.rest{fill:var(--line)}
`

const banner = `
.top{display:flex;flex-wrap:wrap;gap:.5rem 1rem;justify-content:space-between;align-items:flex-start}
.tools{display:flex;flex-wrap:wrap;gap:.5rem}
.verdict{border:2px solid;border-left-width:.75rem;border-radius:.5rem;padding:.75rem 1rem;margin:1rem 0;background:var(--panel)}
.verdict>*{color:var(--fg)}
.verdict .word{font-size:1.7rem;line-height:1.2;font-weight:800;margin:0;color:inherit}
.verdict .word small{font-size:1rem;font-weight:600;white-space:nowrap}
.bar{display:block;width:100%;height:.8rem;border-radius:.3rem;margin:.4rem 0}
.unlocks{margin:.25rem 0;padding-left:1.25rem}
.cards{list-style:none;display:grid;grid-template-columns:repeat(auto-fill,minmax(11rem,1fr));gap:.5rem;padding:0;margin:1rem 0}
.cards a{display:block;height:100%;padding:.5rem .75rem;border:1px solid var(--line);border-radius:.4rem;text-decoration:none;color:inherit;background:var(--panel)}
.cards a:hover b{text-decoration:underline}
.counts{display:inline-flex;flex-wrap:wrap;gap:.1rem .7rem;font-size:.9rem;font-weight:400}
.filters{position:sticky;top:0;z-index:1;background:var(--bg);border:solid var(--line);border-width:1px 0;padding:.5rem 0;display:flex;flex-wrap:wrap;gap:.5rem;align-items:center}
.filters input{flex:1 1 10rem;min-width:0}
::placeholder{color:var(--dim);opacity:1}
.filters button[aria-pressed=true]{background:var(--fg);color:var(--bg);border-color:var(--fg);font-weight:700}
.filters output{color:var(--dim);font-size:.9rem}
.filters fieldset{flex:1 1 100%;border:0;padding:0;margin:0;display:flex;flex-wrap:wrap;gap:.35rem;min-width:0}
`

const checks = `
.copyable{position:relative}.copyable button{position:absolute;right:.35rem;top:.35rem}.js .copyable pre{padding-right:5.5rem;min-height:2.75rem}
details>summary{cursor:pointer;padding:.35rem .5rem;min-height:1.75rem}
details>summary:hover{background:var(--panel)}
.check{border:1px solid var(--line);border-radius:.4rem;margin:.35rem 0}
.check[open]{border-color:var(--dim)}
.check>summary h3{display:inline-flex;flex-wrap:wrap;gap:0 .75rem;width:calc(100% - 1.5rem);vertical-align:top;font-weight:400;align-items:baseline}
.check .stand{min-width:8.5rem;font-weight:700}
.check .title{flex:1 1 20rem}
.check .level{font-size:.8rem;border:1px solid var(--line);border-radius:.25rem;padding:0 .35rem}
.body{padding:.25rem 1rem 1rem}
dl.fields{display:grid;grid-template-columns:7rem minmax(0,1fr);gap:.3rem .75rem;margin:.5rem 0}
dl.fields dt{color:var(--dim)}dl.fields dd{margin:0;white-space:pre-line}
dl.fields ul{margin:0;padding-left:1.1rem;white-space:normal}
dl.fields li{min-height:1.5rem}
.variant,.fold,.rt{border-left:3px solid var(--line);margin:.3rem 0}
.variant>.body,.fold>.body{padding:.25rem .75rem .5rem}
.rt.decides{border-left-color:currentcolor}
.rt>summary,.rt>p{font-family:ui-monospace,"DejaVu Sans Mono",monospace;font-size:.875rem}
.rt>p{margin:0;padding:.35rem .5rem .35rem 1.5rem}
.pair{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:.5rem 1rem;padding:0 .75rem}
.pair h4,.label{font-size:.85rem;color:var(--dim);font-weight:600;margin:.3rem 0 0}
table{border-collapse:collapse;width:100%;font-size:.9rem}
.runs{overflow-x:auto}.runs table{overflow-wrap:normal;font-size:.72rem}.runs td a{white-space:nowrap}
th,td{text-align:left;padding:.2rem .6rem .2rem 0;border-bottom:1px solid var(--line);vertical-align:top}.runs :is(th,td){padding-right:.35rem}
.shot{display:block;max-width:min(100%,48rem);height:auto;border:1px solid var(--line);margin:.3rem .5rem}
.end>summary{font-size:1.1rem;font-weight:600}
:target{outline:2px solid var(--link);outline-offset:2px}
@media(max-width:40rem){.pair{grid-template-columns:minmax(0,1fr);padding:0 .25rem}dl.fields{grid-template-columns:minmax(0,1fr);gap:0}
dl.fields dd{margin-bottom:.4rem}.filters{position:static}html{scroll-padding-top:1rem}.body{padding:.25rem .5rem .75rem}.cards{grid-template-columns:repeat(2,minmax(0,1fr))}.check .title{flex-basis:100%}td,th{padding-right:.35rem}}
@media(prefers-reduced-motion:no-preference){html{scroll-behavior:smooth}}
@media print{html,html[data-theme]{color-scheme:light;${light}}.filters,.tools,button,.skip{display:none!important}
body{font-size:10pt}pre,pre[tabindex]{max-height:none}.check{break-inside:avoid-page}.check[open]{break-inside:auto}
.sources a::after{content:" (" attr(href) ")"}}
`

/** Style sheet text; it contains no `<`. */
export const style: string = (layout + banner + checks).trim()
