// How the page looks.

import { darkVariables, figureStyle, lightVariables } from './palette.ts'

export const pageStyle: string = `
:root{color-scheme:light dark;${lightVariables}}
@media (prefers-color-scheme:dark){:root{${darkVariables}}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);
  font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main{max-width:1160px;margin:0 auto;padding:24px 16px 64px}
header p{margin:.2em 0;color:var(--soft)}
h1{font-size:1.6rem;line-height:1.2;margin:0 0 .3em}
h2{font-size:1.2rem;line-height:1.3;margin:2.2em 0 .4em;padding-top:.8em;border-top:1px solid var(--line)}
p,ul{max-width:75ch;margin:.5em 0}
li{margin:.15em 0}
.note{color:var(--soft)}
.warning{border-left:3px solid var(--full);padding-left:.7em}
.bad{border-left:3px solid var(--write-fault);padding-left:.7em;font-weight:600}
.figures{display:grid;gap:28px 24px;align-items:start;margin:1.2em 0;
  grid-template-columns:repeat(auto-fill,minmax(min(100%,340px),1fr))}
figure{margin:0;min-width:0}
figcaption{font-size:.9rem;font-weight:600;line-height:1.35;margin-bottom:.5em}
figure svg{display:block;width:100%;height:auto;max-width:460px}
.scroll{overflow-x:auto;max-width:100%}
table{border-collapse:collapse;font-size:.875rem;font-variant-numeric:tabular-nums}
th,td{padding:.25em .9em .25em 0;text-align:right;white-space:nowrap}
th{color:var(--soft);font-weight:500;border-bottom:1px solid var(--line)}
td{border-bottom:1px solid var(--faint)}
.left{text-align:left}
td.wrap{white-space:normal;min-width:16em}
.best{font-weight:700}
details{margin:.8em 0}
summary{cursor:pointer;color:var(--soft)}
#tip{position:fixed;top:0;left:0;z-index:1;pointer-events:none;max-width:min(92vw,420px);
  background:var(--ink);color:var(--paper);border-radius:6px;padding:6px 10px;
  font-size:.8rem;line-height:1.45;font-variant-numeric:tabular-nums;box-shadow:0 2px 12px #0004}
[tabindex]:focus-visible{outline:2px solid var(--userfault)}
@media print{main{max-width:none}details>*{display:block}#tip{display:none}}
${figureStyle}
`
