// How the page of a replay looks: by daylight and at night, on a phone and on a desk.

export const style = `
:root {
  color-scheme: light dark;
  --paper: #fcfcfb; --ink: #1d1d1f; --quiet: #6a6a70; --line: #dcdce0; --cell: #f0f0f2;
  --cpu: #1f6fd0; --device: #d97706; --back: #0f9b6c; --touch: #1f6fd0; --submit: #8fb8ea;
  --p0: #1f6fd0; --p1: #d97706; --p2: #0f9b6c; --p3: #c2408a; --p4: #7a5cc9; --p5: #a08600;
  --p6: #4a90a4; --p7: #8a8a90; --p8: #b4502f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #17171a; --ink: #ececf0; --quiet: #9a9aa4; --line: #35353c; --cell: #232328;
    --cpu: #5aa2f5; --device: #f2a33a; --back: #3cc796; --touch: #5aa2f5; --submit: #2f5688;
    --p0: #5aa2f5; --p1: #f2a33a; --p2: #3cc796; --p3: #ee79b8; --p4: #a78bf0; --p5: #d4bb3f;
    --p6: #74bccf; --p7: #a6a6ae; --p8: #e88a68;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 66rem; background: var(--paper);
  color: var(--ink); font: 16px/1.5 system-ui, sans-serif;
}
h1 { font-size: 1.5rem; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 2.2rem 0 .4rem; }
p { margin: .4rem 0; max-width: 46rem; }
.quiet, figcaption { color: var(--quiet); font-size: .9rem; }
.verdict { border-left: 4px solid var(--back); padding: .2rem 0 .2rem .9rem; margin: 1.2rem 0; }
.bars { display: grid; grid-auto-flow: row dense; grid-template-columns: max-content 1fr max-content; gap: .35rem .7rem; align-items: center; }
.bars .bar { display: flex; height: 1.1rem; background: var(--cell); border-radius: 3px; overflow: hidden; }
.bars .bar span { display: block; }
.bars .value, td { font-variant-numeric: tabular-nums; }
.chosen { font-weight: 650; }
.key { display: inline-block; width: .8em; height: .8em; border-radius: 2px; margin: 0 .35em 0 0; }
.keys { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; font-size: .9rem; color: var(--quiet); }
figure { margin: .6rem 0 0; }
.band { margin-top: .5rem; }
.band canvas { display: block; width: 100%; border: 1px solid var(--line); touch-action: pan-y; cursor: crosshair; }
#costs { display: block; width: 100%; height: 15rem; border: 1px solid var(--line); touch-action: pan-y; cursor: crosshair; }
#costs polyline { fill: none; stroke-width: 1.5; vector-effect: non-scaling-stroke; }
#costs line { stroke: var(--quiet); vector-effect: non-scaling-stroke; }
.axis { display: flex; justify-content: space-between; font-size: .8rem; color: var(--quiet); }
#tip {
  position: fixed; z-index: 1; pointer-events: none; padding: .4rem .6rem; max-width: 19rem;
  background: var(--paper); border: 1px solid var(--line); border-radius: 4px; font-size: .85rem;
  box-shadow: 0 2px 10px #0003; white-space: pre-line; font-variant-numeric: tabular-nums;
}
#tip[hidden] { display: none; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .9rem; }
th, td { text-align: right; padding: .2rem .7rem .2rem 0; white-space: nowrap; border-bottom: 1px solid var(--line); }
th { font-weight: 500; color: var(--quiet); }
th:first-child, td:first-child { text-align: left; }
@media (max-width: 34rem) {
  .bars { display: block; }
  .bars .row { margin-bottom: .5rem; }
  .bars .value { float: right; }
}
@media (min-width: 34.01rem) {
  .bars .row { display: contents; }
  .bars .bar { grid-column: 2; }
  .bars .value { grid-column: 3; }
}
`
