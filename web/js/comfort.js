// Small things: copy buttons, another row of tags, selects that send their form.
function emptied(row) {
  row.querySelectorAll('input, select').forEach((field) => {
    if (field.type === 'checkbox' || field.type === 'radio') field.checked = false
    else if (field.tagName === 'SELECT') field.selectedIndex = Math.max(0, [...field.options].findIndex((o) => o.defaultSelected && !o.value))
    else field.value = ''
  })
}

// Rows of a table carry their number in their names, "a.workloads.3.name"; a copied row becomes the next one.
function renumber(row) {
  for (const element of row.querySelectorAll('[name], [id], [for]')) {
    for (const attribute of ['name', 'id', 'for']) {
      const value = element.getAttribute(attribute)
      if (value) element.setAttribute(attribute, value.replace(/\.(\d+)\./, (_, n) => '.' + (Number(n) + 1) + '.'))
    }
  }
}

export function comfort() {
  document.addEventListener('click', async (event) => {
    const copier = event.target.closest?.('[data-copy]')
    if (copier) {
      const source = copier.closest('.v-copy').querySelector('pre, input')
      await navigator.clipboard.writeText(source.value ?? source.textContent)
      const label = copier.querySelector('span') ?? copier
      const before = label.textContent
      label.textContent = copier.dataset.copy
      setTimeout(() => { label.textContent = before }, 1600)
      return
    }
    const adder = event.target.closest?.('[data-add-row]')
    if (adder) {
      const rows = adder.closest('.v-field').querySelector('.v-tags')
      const row = rows.lastElementChild.cloneNode(true)
      emptied(row)
      renumber(row)
      rows.append(row)
      row.querySelector('input').focus()
      return
    }
    const remover = event.target.closest?.('[data-remove-row]')
    if (remover) {
      const row = remover.parentElement
      // The last row stays, emptied: there must be one to clone and to type in.
      const rows = row.parentElement
      if (rows.children.length > 1) row.remove()
      else emptied(row)
      rows.dispatchEvent(new Event('change', { bubbles: true })) // a form that saves as one goes hears of it
    }
  })
  // Enter in the search of a picker searches; it must not send the form around it.
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && event.target.matches?.('[data-pick]')) event.preventDefault()
  })
  document.addEventListener('change', (event) => {
    if (event.target.matches?.('[data-submit]')) event.target.form.requestSubmit()
  })
  // The theme "auto" follows the system while the page is open.
  const dark = matchMedia('(prefers-color-scheme: dark)')
  dark.addEventListener('change', () => {
    const root = document.documentElement
    if (root.dataset.theme === 'auto') root.dataset.bsTheme = dark.matches ? 'dark' : 'light'
  })
}
