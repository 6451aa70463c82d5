// Lists: the box in the head selects all rows of the page, and the bulk bar says how many.
export function lists() {
  document.addEventListener('change', (event) => {
    const box = event.target
    if (!box.matches?.('.v-pick input')) return
    const list = box.closest('.v-list')
    const boxes = [...list.querySelectorAll('tbody .v-pick input')]
    if (box.matches('thead input')) boxes.forEach((each) => { each.checked = box.checked })
    const count = boxes.filter((each) => each.checked).length
    const head = list.querySelector('thead .v-pick input')
    if (head) {
      head.checked = count === boxes.length && count > 0
      head.indeterminate = count > 0 && count < boxes.length
    }
    const say = list.querySelector('[data-picked]')
    if (say) say.textContent = say.dataset.picked.replace('%d', count.toLocaleString(document.documentElement.lang))
  })
  document.addEventListener('click', (event) => {
    if (!event.target.closest?.('[data-unpick]')) return
    const list = event.target.closest('.v-list')
    list.querySelectorAll('.v-pick input').forEach((box) => { box.checked = box.indeterminate = false })
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
