// Colours: one for each contender, the same everywhere. From the palette of Okabe and Ito, which people
// with colour blindness can tell apart; lighter on dark ground.

/** What a series stands for, and the part of a class name that gives it its colour. */
const lightColours: Readonly<Record<string, string>> = {
  'write-fault': '#c2480a',
  'soft-dirty': '#b0568d',
  userfault: '#0067a8',
  compare: '#00825f',
  full: '#a87000',
  auto: '#16181d',
  other: '#5b6270',
  part0: '#0067a8',
  part1: '#a87000',
  part2: '#c2480a',
  part3: '#00825f',
}

const darkColours: Readonly<Record<string, string>> = {
  'write-fault': '#ff8a4c',
  'soft-dirty': '#e3a0c8',
  userfault: '#5cb8f0',
  compare: '#3fd0a4',
  full: '#f0bd4a',
  auto: '#f2f3f5',
  other: '#a3abb8',
  part0: '#5cb8f0',
  part1: '#f0bd4a',
  part2: '#ff8a4c',
  part3: '#3fd0a4',
}

const declarations = (colours: Readonly<Record<string, string>>): string =>
  Object.entries(colours)
    .map(([name, colour]) => `--${name}:${colour}`)
    .join(';')

const ink = {
  light: '--paper:#ffffff;--ink:#16181d;--soft:#5b6270;--line:#d9dde3;--faint:#eceef1',
  dark: '--paper:#14161a;--ink:#f2f3f5;--soft:#a3abb8;--line:#3a3f48;--faint:#24282e',
}

/** Custom properties for light ground, for those who can have dark ground both. */
export const lightVariables: string = `${ink.light};${declarations(lightColours)}`
export const darkVariables: string = `${ink.dark};${declarations(darkColours)}`

/** The part of the name after `--`. */
export const colourOf = (name: string): string => (name in lightColours ? name : 'other')

/** How figures look. Names of custom properties only, so that the page decides about dark and light. */
export const figureStyle: string = [
  'svg{font:11px system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}',
  'svg text{fill:var(--ink)}',
  'svg .soft{fill:var(--soft)}',
  'svg .grid{stroke:var(--faint);stroke-width:1}',
  'svg .axis{stroke:var(--line);stroke-width:1}',
  'svg .mark{stroke:var(--soft);stroke-width:1;stroke-dasharray:3 3}',
  'svg .series{fill:none;stroke-width:1.8;stroke-linejoin:round;stroke-linecap:round}',
  'svg .strong{stroke-width:2.6}',
  'svg .dashed{stroke-dasharray:5 4}',
  'svg .whisker{stroke-width:1.2;opacity:.75}',
  'svg .hit{fill:transparent}',
  'svg .hit:hover{fill:var(--ink);fill-opacity:.07}',
  ...Object.keys(lightColours).flatMap((name) => [
    `svg .s-${name}{stroke:var(--${name})}`,
    `svg .f-${name}{fill:var(--${name})}`,
  ]),
].join('\n')
