// Writing notes: i and r open their form and put the cursor there; @ offers the people who can see the note. Without this, forms open
// by their summary, and a name typed behind @ is found all the same.
export function compose() {
  document.addEventListener('click', (event) => {
    const summary = event.target.closest?.('summary[data-compose]')
    if (!summary) return
    event.preventDefault()
    const box = summary.parentElement
    for (const other of document.querySelectorAll('details[name=compose]')) other.open = other === box
    box.querySelector('textarea')?.focus()
  })
  document.addEventListener('keydown', (event) => {
    const field = event.target
    if (!field.matches?.('[data-people] textarea')) return
    if ((event.ctrlKey || event.metaKey) && event.key === 'Enter') {
      event.preventDefault()
      field.form.requestSubmit()
      return
    }
    if (!picker || picker.field !== field) return
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      choose(picker.at + (event.key === 'ArrowDown' ? 1 : -1))
    } else if (event.key === 'Enter' || event.key === 'Tab') {
      event.preventDefault()
      take(picker.people[picker.at])
    } else if (event.key === 'Escape') {
      event.preventDefault()
      event.stopPropagation()
      close()
    }
  }, true)
  document.addEventListener('input', (event) => {
    if (event.target.matches?.('[data-people] textarea')) offer(event.target)
  })
  document.addEventListener('focusout', (event) => { if (picker?.field === event.target) setTimeout(close, 150) })
}

let picker = null
let asked = 0

// typed is what stands between the last @ and the cursor, if that is a name being written.
function typed(field) {
  const before = field.value.slice(0, field.selectionStart)
  const found = /(?:^|[\s(])@([\p{L}][\p{L}\p{M}'’-]*(?: [\p{L}\p{M}'’-]*)?)?$/u.exec(before)
  return found ? { q: found[1] ?? '', from: before.length - (found[1] ?? '').length } : null
}

async function offer(field) {
  const now = typed(field)
  if (!now) return close()
  const turn = ++asked
  const answer = await fetch(field.form.dataset.people + '&q=' + encodeURIComponent(now.q), { credentials: 'same-origin' })
  if (turn !== asked) return
  const people = answer.ok ? await answer.json() : []
  if (turn !== asked || !people.length || !typed(field)) return close()
  close()
  const list = document.createElement('ul')
  list.className = 'v-people'
  list.id = 'people-offered'
  list.setAttribute('role', 'listbox')
  list.setAttribute('aria-label', '@')
  people.forEach((person, i) => {
    const item = document.createElement('li')
    item.id = 'person-' + i
    item.setAttribute('role', 'option')
    const name = document.createElement('b')
    name.textContent = person.name
    const role = document.createElement('small')
    role.textContent = person.role
    item.append(name, ' ', role)
    item.addEventListener('mousedown', (event) => { event.preventDefault(); take(person) })
    list.append(item)
  })
  field.after(list)
  field.setAttribute('aria-controls', list.id)
  picker = { field, list, people, at: 0 }
  choose(0)
}

function choose(at) {
  const items = [...picker.list.children]
  picker.at = (at + items.length) % items.length
  items.forEach((item, i) => item.setAttribute('aria-selected', i === picker.at))
  picker.field.setAttribute('aria-activedescendant', items[picker.at].id)
}

function take(person) {
  const { field } = picker
  const now = typed(field)
  close()
  if (now) field.setRangeText(person.name + ' ', now.from, field.selectionStart, 'end')
  field.focus()
}

function close() {
  if (!picker) return
  picker.list.remove()
  picker.field.removeAttribute('aria-controls')
  picker.field.removeAttribute('aria-activedescendant')
  picker = null
}
