// The estate graph: nodes and edges come as JSON in the page or from an address; a click opens the node's page.
import cytoscape from 'cytoscape'
import dagre from 'cytoscape-dagre'

cytoscape.use(dagre)
cytoscape.warnings(false) // of boxes as wide as their words, and of a wheel that is not too fast: both are meant

export async function draw(box) {
  const canvas = box.querySelector('.v-graph-canvas')
  const data = box.dataset.url
    ? await (await fetch(box.dataset.url, { headers: { Accept: 'application/json' } })).json()
    : JSON.parse(box.querySelector('template').content.textContent)
  // Cytoscape would add a <style> of its own, which the content policy refuses; an element of this id stops it.
  if (!document.getElementById('__________cytoscape_stylesheet')) {
    const marker = document.createElement('meta')
    marker.id = '__________cytoscape_stylesheet'
    document.head.append(marker)
  }
  const narrow = box.clientWidth < 600
  const graph = cytoscape({
    container: canvas,
    elements: [
      ...data.nodes.map((node) => ({ data: { ...node, text: node.kind ? `${node.label}\n${node.kind}` : node.label }, classes: [node.state, node.focus ? 'focus' : ''].join(' ') })),
      ...data.edges.map((edge) => ({ data: { id: `${edge.from}→${edge.to}→${edge.label ?? ''}`, source: edge.from, target: edge.to, label: edge.label ?? '' } })),
    ],
    style: style(),
    layout: { name: 'dagre', rankDir: narrow ? 'TB' : box.dataset.direction, nodeSep: 18, rankSep: 70, padding: 24 },
    maxZoom: 2, minZoom: 0.1, wheelSensitivity: 0.3, boxSelectionEnabled: false, autoungrabify: true,
  })
  if (graph.zoom() > 1.1) graph.zoom(1.1), graph.center()
  graph.on('tap', 'node', (event) => {
    const { href } = event.target.data()
    if (href) location.assign(href)
  })
  graph.on('mouseover', 'node', (event) => {
    canvas.style.cursor = event.target.data('href') ? 'pointer' : ''
    graph.elements().difference(event.target.closedNeighborhood()).addClass('faint')
  })
  graph.on('mouseout', 'node', () => {
    canvas.style.cursor = ''
    graph.elements().removeClass('faint')
  })
  const zoom = (by) => graph.zoom({ level: graph.zoom() * by, renderedPosition: { x: graph.width() / 2, y: graph.height() / 2 } })
  const actions = { in: () => zoom(1.3), out: () => zoom(1 / 1.3), fit: () => graph.fit(undefined, 24) }
  box.addEventListener('click', (event) => actions[event.target.closest('[data-graph-do]')?.dataset.graphDo]?.())
  new MutationObserver(() => graph.style(style())).observe(document.documentElement, { attributeFilter: ['data-bs-theme'] })
}

// Colours come from the page's own, so that both themes hold.
function style() {
  const from = getComputedStyle(document.documentElement)
  const colour = (name) => from.getPropertyValue(`--v-${name}`).trim()
  const font = getComputedStyle(document.body).fontFamily
  return [
    { selector: 'node', style: {
      shape: 'round-rectangle', width: 'label', height: 'label', padding: '7px', label: 'data(text)', 'text-wrap': 'wrap', 'text-max-width': '180px',
      'text-valign': 'center', 'text-halign': 'center', 'font-size': 12, 'font-family': font, 'line-height': 1.25, color: colour('ink'),
      'background-color': colour('paper'), 'border-width': 1, 'border-color': colour('line-2'),
    } },
    { selector: 'node.focus', style: { 'border-width': 2.5, 'border-color': colour('link'), 'background-color': colour('blue-tint'), 'font-weight': 600 } },
    { selector: 'node.bad', style: { 'border-color': colour('red'), 'border-width': 2, 'background-color': colour('red-tint') } },
    { selector: 'node.soon', style: { 'border-color': colour('amber-shape'), 'border-width': 2, 'background-color': colour('amber-tint') } },
    { selector: 'node.off', style: { 'border-style': 'dashed', color: colour('ink-2') } },
    { selector: 'edge', style: {
      width: 1.25, 'line-color': colour('line-2'), 'target-arrow-color': colour('line-2'), 'target-arrow-shape': 'triangle', 'arrow-scale': 0.9,
      'curve-style': 'bezier', label: 'data(label)', 'font-size': 10, 'font-family': font, color: colour('ink-2'), 'text-background-color': colour('tint'),
      'text-background-opacity': 1, 'text-background-padding': '2px', 'min-zoomed-font-size': 8,
    } },
    { selector: '.faint', style: { opacity: 0.25 } },
  ]
}
