// What makes figures tell their values: a script of the page, which runs in browsers and is tested there
// (test/process/report.test.ts). Without it the page lacks nothing but these values.

/** Shows `data-tip` of whatever the pointer is on, a finger touches, or the keyboard reaches. */
export const hoverScript = `
'use strict'
const tip = document.createElement('div')
tip.id = 'tip'
tip.setAttribute('role', 'status')
tip.hidden = true
document.body.append(tip)

function show(target, x, y) {
  const [head, ...rest] = target.dataset.tip.split('\\n')
  const title = document.createElement('b')
  title.textContent = head
  tip.replaceChildren(title, ...rest.map((line) => {
    const div = document.createElement('div')
    div.textContent = line
    return div
  }))
  tip.hidden = false
  const { width, height } = tip.getBoundingClientRect()
  const left = Math.max(8, Math.min(x + 14, innerWidth - width - 8))
  const below = y + 18
  const top = below + height < innerHeight ? below : Math.max(8, y - height - 14)
  tip.style.transform = 'translate(' + Math.round(left) + 'px,' + Math.round(top) + 'px)'
}

// What the keyboard has reached keeps its tip, also when reaching it has scrolled the page.
function rest() {
  const focused = document.querySelector('[data-tip]:focus-visible')
  if (focused === null) {
    tip.hidden = true
    return
  }
  const box = focused.getBoundingClientRect()
  show(focused, box.left + box.width / 2, box.top + box.height / 2)
}

function follow(event) {
  const target = event.target instanceof Element ? event.target.closest('[data-tip]') : null
  if (target === null) rest()
  else show(target, event.clientX, event.clientY)
}

addEventListener('pointermove', follow)
addEventListener('pointerdown', follow)
addEventListener('scroll', rest, { passive: true })
addEventListener('focusin', rest)
addEventListener('focusout', () => { tip.hidden = true })
addEventListener('keydown', (event) => { if (event.key === 'Escape') tip.hidden = true })
`
