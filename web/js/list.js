// Lists: boxes select rows, one by one, all of the page by the box in the head, or up to the one before with Shift; the bulk bar says
// how many.
let last = null // the box that was chosen before

const boxesOf = (list) => [...list.querySelectorAll('tbody .v-pick input')]

// pick turns a box, as a click does.
export function pick(box) {
  box.checked = !box.checked
  last = box
  tell(box.closest('.v-list'))
}

// extend gives all boxes between the one chosen before and this one the state of that one; without one before, it only picks.
export function extend(box) {
  const list = box.closest('.v-list')
  const boxes = boxesOf(list)
  const from = boxes.indexOf(last), to = boxes.indexOf(box)
  if (from < 0) return pick(box)
  const on = boxes[from].checked
  for (let i = Math.min(from, to); i <= Math.max(from, to); i++) boxes[i].checked = on
  tell(list)
}

// tell says how many are chosen.
function tell(list) {
  const boxes = boxesOf(list)
  const count = boxes.filter((each) => each.checked).length
  const head = list.querySelector('thead .v-pick input')
  if (head) {
    head.checked = count === boxes.length && count > 0
    head.indeterminate = count > 0 && count < boxes.length
  }
  const every = list.querySelector('[data-every]')
  if (every && count < boxes.length) every.checked = false
  const say = list.querySelector('[data-picked]')
  const words = every?.checked ? every.parentElement.textContent.trim() : say?.dataset.picked.replace('%d', count.toLocaleString(document.documentElement.lang))
  if (say && say.textContent !== words) say.textContent = words
}

export function lists() {
  document.addEventListener('change', (event) => {
    const box = event.target
    if (box.matches?.('[data-every]')) {
      const list = box.closest('.v-list')
      if (box.checked) boxesOf(list).forEach((each) => { each.checked = true })
      return tell(list)
    }
    if (!box.matches?.('.v-pick input')) return
    const list = box.closest('.v-list')
    if (box.matches('thead input')) boxesOf(list).forEach((each) => { each.checked = box.checked })
    else last = box
    tell(list)
  })
  document.addEventListener('click', (event) => {
    const box = event.target
    if (event.shiftKey && box.matches?.('tbody .v-pick input') && last && last !== box) {
      const list = box.closest('.v-list')
      const boxes = boxesOf(list)
      const from = boxes.indexOf(last), to = boxes.indexOf(box)
      if (from >= 0) for (let i = Math.min(from, to); i <= Math.max(from, to); i++) boxes[i].checked = box.checked
      return // the change that follows tells
    }
    if (!event.target.closest?.('[data-unpick]')) return
    const list = event.target.closest('.v-list')
    list.querySelectorAll('.v-pick input, [data-every]').forEach((each) => { each.checked = each.indeterminate = false })
    last = null
    tell(list)
  })
  // Who gives a field of a bulk edit a value means to set it; who leaves it alone wants no value.
  document.addEventListener('input', (event) => {
    const row = event.target.closest?.('tr[data-change]')
    if (!row) return
    const op = row.querySelector('select[name^="op."]')
    const values = [...row.querySelectorAll('[name^="value."]')]
    if (event.target === op) {
      if (op.value === '' || op.value === 'clear') values.forEach((field) => { if (field.type === 'checkbox') field.checked = false; else field.value = '' })
      return
    }
    const given = values.some((field) => (field.type === 'checkbox' ? field.checked : field.value !== ''))
    if (given && (op.value === '' || op.value === 'clear')) op.selectedIndex = 1
    if (!given && op.value !== 'clear') op.selectedIndex = 0
  })
  // Empty fields of a filter, and the columns where nobody changed them, stay out of the address.
  document.addEventListener('htmx:configRequest', (event) => {
    if (!event.target.matches('form.v-filter')) return
    const { formData } = event.detail
    for (const name of new Set([...formData.keys()])) {
      const values = formData.getAll(name).filter((value) => value !== '')
      formData.delete(name)
      if (name === 'cols' && values.join(' ') === event.target.dataset.columns) continue
      values.forEach((value) => formData.append(name, value))
    }
  })
}
