// Elements of SVG and HTML as text.

type Attributes = Readonly<Record<string, string | number | undefined>>

/** Text that may stand in an element or an attribute. */
export const escapeText = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')

/** @param content markup, not text */
export function element(name: string, attributes: Attributes, content: string = ''): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${escapeText(shown(value))}"`)
    .join('')
  return content === '' && voidOrSvg.has(name)
    ? `<${name}${written}/>`
    : `<${name}${written}>${content}</${name}>`
}

const voidOrSvg = new Set(['line', 'rect', 'circle', 'path', 'meta'])

/** More digits of a coordinate cannot be seen. */
const shown = (value: string | number | undefined): string =>
  typeof value === 'number' ? String(Math.round(value * 10) / 10) : String(value)

/** One line of text. */
export const label = (x: number, y: number, text: string, attributes: Attributes = {}): string =>
  element('text', { x, y, ...attributes }, escapeText(text))

/** About how wide a text of this font is: average figures of sans-serif fonts. */
export const textWidth = (text: string, fontSize = 11): number => text.length * fontSize * 0.6
