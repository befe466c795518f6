// The report's page: shows the facts (JSON) and the arrays (deflated, base64) that stand in it. All text of others goes
// into the page as text, never as HTML.
'use strict';
(() => {
const facts = JSON.parse(document.getElementById('facts').textContent);
const byId = id => document.getElementById(id);
const isNumber = value => typeof value === 'number';
const shown = (value, decimals = 2) => isNumber(value) ? value.toFixed(decimals) : '–';
const plural = (count, what) => `${count} ${what}${count === 1 ? '' : 's'}`;
const dark = matchMedia('(prefers-color-scheme: dark)');
const PALETTE = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00', '#f0e442', '#999999'];
const PLDDT_CLASSES = [[90, '#0053d6', 'very high (over 90)'], [70, '#65cbf3', 'confident (70 to 90)'],
  [50, '#ffdb13', 'low (50 to 70)'], [-1, '#ff7d45', 'very low (below 50)']];
const PAE_STEPS = 8;  // of a byte, per angstrom
const MISSING = 255;

function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) {
    if (key === 'class') made.className = value;
    else if (key.includes('-') || key === 'scope' || key === 'role') made.setAttribute(key, value);
    else made[key] = value;
  }
  made.append(...children.filter(child => child !== null));
  return made;
}

function drawing(tag, attributes, ...children) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// ---- The layout: tokens and atoms, from residues and their kinds ----

const tokens = [];  // {chain, residue, kind, atom}: atom is '' where the token is a whole residue
const atoms = [];   // {chain, residue, kind, name, element, token}
facts.chains.forEach((chain, c) => {
  chain.first = tokens.length;
  for (const [kindIndex, residue] of chain.residues) {
    const kind = facts.kinds[kindIndex];
    kind.atoms.forEach((name, a) => {
      if (a === 0 || kind.tokens > 1) tokens.push({chain: c, residue, kind, atom: kind.tokens > 1 ? name : ''});
      atoms.push({chain: c, residue, kind, name, element: kind.elements[a], token: tokens.length - 1});
    });
  }
  chain.end = tokens.length;
});
const count = tokens.length;
const tokenName = t => {
  const {chain, residue, kind, atom} = tokens[t];
  return [facts.chains[chain].id, kind.name, residue, atom].filter(part => part !== '').join(' ');
};
const atomName = a => [facts.chains[atoms[a].chain].id, atoms[a].kind.name, atoms[a].residue, atoms[a].name].join(' ');

// A range of tokens as text: "A MET 1", "A 1 to 20", "A 1 to B 7".
function rangeName([first, last]) {
  if (first === last) return tokenName(first);
  const a = tokens[first], b = tokens[last];
  const end = a.chain === b.chain ? b.residue : `${facts.chains[b.chain].id} ${b.residue}`;
  return `${facts.chains[a.chain].id} ${a.residue} to ${end}`;
}

// ---- Arrays ----

// Large arrays stand behind this script, and the parser may not have reached them yet.
const parsed = new Promise(done => document.readyState === 'loading' ? addEventListener('DOMContentLoaded', done) : done());

async function inflate(id) {
  if (!byId(`blob-${id}`)) await parsed;
  const text = byId(`blob-${id}`).textContent;
  let packed;
  if (Uint8Array.fromBase64) {
    packed = Uint8Array.fromBase64(text);
  } else {
    const bytes = atob(text);
    packed = new Uint8Array(bytes.length);
    for (let i = 0; i < bytes.length; ++i) packed[i] = bytes.charCodeAt(i);
  }
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate'));
  return new Response(stream).arrayBuffer();
}

// Each element is stored less the one before it; in rows of `width`.
function summed(array, width) {
  for (let row = 0; row < array.length; row += width)
    for (let i = row + 1; i < row + width; ++i) array[i] += array[i - 1];
  return array;
}

const arrays = new Map();
function array(id, Type, width) {
  if (!arrays.has(id)) arrays.set(id, inflate(id).then(buffer => summed(new Type(buffer), width)));
  return arrays.get(id);
}

// ---- State ----

const state = {sample: 0, colour: 'plddt', matrix: 'pae', rows: null, columns: null, cursor: null};
// Of the sample: positions, plddts, tokenPlddts; picture, what is drawn of the matrix, and matrix, once it is there.
const current = {};

const hex = colour => parseInt(colour.slice(1), 16);
const variable = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const plddtColour = value => PLDDT_CLASSES.find(([least]) => value > least)[1];
const inRange = (range, t) => range !== null && t >= range[0] && t <= range[1];

function tokenColour(token, plddt) {
  const faded = dark.matches ? '#4a525a' : '#c9ced3';
  if (state.rows || state.columns) {
    if (inRange(state.columns, token)) return variable('--second');
    return inRange(state.rows, token) ? variable('--first') : faded;
  }
  const chain = tokens[token].chain;
  if (state.colour === 'plddt') return plddtColour(plddt);
  return PALETTE[(state.colour === 'chain' ? chain : facts.chains[chain].entity) % PALETTE.length];
}

// ---- The structure ----

// Where there are many tokens, the model is drawn without the side chains of proteins first: ribbons need neither them nor
// bonds. It becomes whole when residues are marked, as sticks.
const MANY_TOKENS = 2000, BACKBONE = ['N', 'CA', 'C', 'O'];
let whole = count <= MANY_TOKENS;
let drawn = [];  // the atoms of the layout that the library has, in its order
const isDrawnFirst = atom => facts.chains[atom.chain].type !== 'protein' || atom.kind.tokens > 1 || BACKBONE.includes(atom.name);

// The drawn atoms as mmCIF, which the viewer's library reads.
function modelText(positions) {
  const n = atoms.length;
  const quoted = text => `"${text.replace(/"/g, '')}"`;
  const lines = ['data_model', 'loop_'];
  for (const key of ['group_PDB', 'id', 'type_symbol', 'label_atom_id', 'label_comp_id', 'label_asym_id', 'label_seq_id',
    'Cartn_x', 'Cartn_y', 'Cartn_z', 'auth_seq_id', 'auth_asym_id', 'pdbx_PDB_model_num'])
    lines.push(`_atom_site.${key}`);
  for (const a of drawn) {
    const atom = atoms[a];
    const polymer = facts.chains[atom.chain].type !== 'ligand';
    const at = axis => (positions[axis * n + a] / 1000).toFixed(3);
    const chain = quoted(facts.chains[atom.chain].id);
    lines.push(`${polymer ? 'ATOM' : 'HETATM'} ${a + 1} ${atom.element} ${quoted(atom.name)} ${quoted(atom.kind.name)} ${chain} ` +
      `${atom.residue} ${at(0)} ${at(1)} ${at(2)} ${atom.residue} ${chain} 1`);
  }
  return lines.join('\n') + '\n#\n';
}

let viewer = null, opened = false;
function openViewer() {
  if (opened) return;
  opened = true;
  try {
    viewer = $3Dmol.createViewer(byId('viewer'), {backgroundColor: variable('--panel'), antialias: true, disableFog: true,
      cartoonQuality: count > MANY_TOKENS ? 4 : 10});
  } catch (error) {
    viewer = null;
  }
  if (!viewer) byId('viewer').append(element('p', {}, 'This browser shows no 3D (WebGL). All else works.'));
}

const hasLigand = facts.chains.some(chain => chain.type === 'ligand');

// The atom of the layout that one of the library's atoms is.
const indexOf = atom => drawn[atom.index];

function drawModel(keepView) {
  if (!viewer) return;
  const view = keepView ? viewer.getView() : null;
  viewer.removeAllModels();
  drawn = [...atoms.keys()].filter(a => whole || isDrawnFirst(atoms[a]));
  const model = viewer.addModel(modelText(current.positions), 'cif', {keepH: true, assignBonds: whole || hasLigand});
  model.setHoverable({}, true, atom => { byId('readout').textContent = `${atomName(indexOf(atom))}, pLDDT ` +
    shown(current.plddts[indexOf(atom)] / 100, 1); }, () => showReadout());
  model.setClickable({}, true, atom => select([atoms[indexOf(atom)].token, atoms[indexOf(atom)].token], null));
  style();
  if (view) viewer.setView(view);
  else viewer.zoomTo();
  viewer.render();
}

const isLigand = atom => facts.chains[atoms[indexOf(atom)].chain].type === 'ligand';
const isMarked = atom => {
  const {token} = atoms[indexOf(atom)];
  return inRange(state.rows, token) || inRange(state.columns, token);
};
const length = range => range ? range[1] - range[0] + 1 : 0;
function hasSticks() {
  const marked = length(state.rows) + length(state.columns);
  return marked > 0 && marked <= 40;
}

function style() {
  const colorfunc = atom => hex(tokenColour(atoms[indexOf(atom)].token, current.plddts[indexOf(atom)] / 100));
  const ribbon = facts.samples[state.sample].broken ? {style: 'trace', thickness: 0.6} : {arrows: true};
  viewer.setStyle({}, {cartoon: {...ribbon, colorfunc}});
  if (hasLigand) viewer.setStyle({predicate: isLigand}, {stick: {radius: 0.22, colorfunc}, sphere: {scale: 0.28, colorfunc}});
  if (hasLigand) viewer.setStyle({predicate: atom => isLigand(atom) && atoms[indexOf(atom)].kind.atoms.length === 1},
    {sphere: {scale: 0.7, colorfunc}});
  if (hasSticks())
    viewer.addStyle({predicate: atom => isMarked(atom) && !isLigand(atom)}, {stick: {radius: 0.15, colorfunc}});
  viewer.removeAllLabels();
  const labels = [[state.rows, '--first'], [state.columns, '--second']].filter(([range]) => length(range) === 1);
  for (const [range, colour] of labels) {
    const a = atoms.findIndex(atom => atom.token === range[0] && ['CA', "C1'", tokens[range[0]].atom].includes(atom.name));
    const at = axis => current.positions[axis * atoms.length + Math.max(a, 0)] / 1000;
    viewer.addLabel(tokenName(range[0]), {position: {x: at(0), y: at(1), z: at(2)}, fontSize: 12, inFront: true,
      fontColor: dark.matches ? '#14171a' : '#ffffff', backgroundColor: variable(colour), backgroundOpacity: 0.9});
  }
}

function restyle() {
  if (!viewer) return;
  if (!whole && hasSticks()) {
    whole = true;
    return drawModel(true);
  }
  style();
  viewer.render();
}

function legend() {
  const entries = state.rows || state.columns ?
    [[variable('--first'), 'marked rows'], [variable('--second'), 'marked columns']] :
    state.colour === 'plddt' ? PLDDT_CLASSES.map(([, colour, text]) => [colour, `pLDDT ${text}`]) :
    [...new Map(facts.chains.map((chain, c) => {
      const key = state.colour === 'chain' ? c : chain.entity;
      const text = state.colour === 'chain' ? chain.id :
        facts.chains.filter(other => other.entity === chain.entity).map(other => other.id).join(', ');
      return [key, [PALETTE[key % PALETTE.length], text]];
    })).values()].slice(0, 24);
  byId('legend').replaceChildren(...entries.map(([colour, text]) => {
    const swatch = element('span', {class: 'swatch'});
    swatch.style.background = colour;
    return element('span', {}, swatch, text);
  }));
}

// ---- The matrix ----

// Dark green to white, lighter with every step, so that colour vision does not matter.
function shade(fraction) {
  const stops = [[0, 68, 27], [35, 139, 69], [116, 196, 118], [199, 233, 192], [247, 252, 245]];
  const at = Math.min(Math.max(fraction, 0), 1) * (stops.length - 1);
  const lower = Math.min(Math.floor(at), stops.length - 2);
  return stops[lower].map((value, i) => Math.round(value + (at - lower) * (stops[lower + 1][i] - value)));
}

const matrixScale = {
  pae: {fraction: byte => byte / (31.75 * PAE_STEPS), text: byte => `${shown(byte / PAE_STEPS, 1)} Å`,
    ends: ['0', '32 Å expected position error'], name: 'PAE'},
  contacts: {fraction: byte => 1 - byte / 100, text: byte => shown(byte / 100), ends: ['1', '0 probability of contact'],
    name: 'contact probability'},
};

// The picture is the matrix itself, or where that is large its averages over blocks of pairs.
function drawMatrix() {
  const {picture} = current;
  byId('matrix-frame').hidden = !picture;
  byId('matrix-absent').hidden = Boolean(picture);
  if (!picture) {
    byId('matrix-absent').textContent = `This report holds the matrices of the best samples only. This one's is in ${facts.samples[state.sample].file}_confidences.json.`;
    return;
  }
  const {fraction} = matrixScale[state.matrix];
  const size = Math.round(Math.sqrt(picture.length));
  const canvas = byId('matrix');
  canvas.width = canvas.height = size;
  const context = canvas.getContext('2d');
  const image = context.createImageData(size, size);
  const palette = Array.from({length: 256}, (_, byte) => byte === MISSING ? [128, 128, 128] : shade(fraction(byte)));
  const pixels = new DataView(image.data.buffer);
  const colours = palette.map(([red, green, blue]) => (red << 24 | green << 16 | blue << 8 | 255) >>> 0);
  picture.forEach((byte, pixel) => pixels.setUint32(4 * pixel, colours[byte]));
  context.putImageData(image, 0, 0);
  drawScale();
  drawOverlay();
}

function drawScale() {
  const {ends, name} = matrixScale[state.matrix];
  const ramp = element('span', {class: 'ramp'});
  ramp.style.background = `linear-gradient(to right, ${[0, 0.25, 0.5, 0.75, 1].map(f => `rgb(${shade(f)})`).join(', ')})`;
  byId('scale').replaceChildren(ends[0], ramp, ends[1]);
  byId('overlay').setAttribute('aria-label', `Matrix of ${name}, ${count} by ${count} tokens`);
}

function drawOverlay() {
  const canvas = byId('overlay');
  const side = Math.round(canvas.clientWidth * devicePixelRatio);
  if (!side || !current.picture) return;
  canvas.width = canvas.height = side;
  const context = canvas.getContext('2d');
  const at = t => t / count * side;
  context.lineWidth = devicePixelRatio;
  context.strokeStyle = 'rgba(0, 0, 0, 0.55)';
  context.beginPath();
  for (const chain of facts.chains.slice(1)) {
    context.moveTo(at(chain.first), 0);
    context.lineTo(at(chain.first), side);
    context.moveTo(0, at(chain.first));
    context.lineTo(side, at(chain.first));
  }
  context.stroke();
  const band = (range, colour, columns) => {
    if (!range) return;
    context.fillStyle = colour;
    const from = at(range[0]), wide = Math.max(at(range[1] + 1) - from, 2 * devicePixelRatio);
    context.globalAlpha = 0.3;
    if (columns) context.fillRect(from, 0, wide, side);
    else context.fillRect(0, from, side, wide);
    context.globalAlpha = 1;
  };
  band(state.rows, '#d55e00', false);
  band(state.columns, '#0072b2', true);
  if (state.rows && state.columns) {
    context.strokeStyle = '#000000';
    context.lineWidth = 2 * devicePixelRatio;
    context.strokeRect(at(state.columns[0]), at(state.rows[0]), at(length(state.columns)), at(length(state.rows)));
  }
  if (state.cursor) {
    context.strokeStyle = '#111111';
    context.lineWidth = devicePixelRatio;
    context.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
    context.beginPath();
    context.moveTo(0, at(state.cursor[0] + 0.5));
    context.lineTo(side, at(state.cursor[0] + 0.5));
    context.moveTo(at(state.cursor[1] + 0.5), 0);
    context.lineTo(at(state.cursor[1] + 0.5), side);
    context.stroke();
    context.setLineDash([]);
  }
}

function axisLabels() {
  for (const [id, place, least] of [['top-labels', 'left', 0.025], ['left-labels', 'top', 0.03]]) {
    let last = -1;
    byId(id).replaceChildren(...facts.chains.flatMap(chain => {
      const middle = (chain.first + chain.end) / 2 / count;
      if (middle - last < least) return [];
      last = middle;
      const label = element('span', {}, chain.id);
      label.style[place] = `${100 * middle}%`;
      return [label];
    }));
  }
}

// "A MET 1 (row)" and "B ATP 1 PA (column)", and what the matrix says of them.
function showReadout() {
  const readout = byId('readout');
  const rows = state.cursor ? [state.cursor[0], state.cursor[0]] : state.rows;
  const columns = state.cursor ? [state.cursor[1], state.cursor[1]] : state.columns;
  if (!rows && !columns) {
    readout.textContent = '';
    return;
  }
  const parts = [];
  if (rows) parts.push(element('span', {class: 'first'}, rangeName(rows)));
  if (rows && columns) parts.push(state.matrix === 'pae' ? ' is aligned; position error of ' : ' and ');
  if (columns) parts.push(element('span', {class: 'second'}, rangeName(columns)));
  if (rows && columns && current.picture) parts.push(`: ${valueText(rows, columns)}`);
  readout.replaceChildren(...parts);
}

// Until the matrix is there, the picture tells about what it says.
function valueText(rows, columns) {
  const {text} = matrixScale[state.matrix], {matrix, picture} = current;
  const size = Math.sqrt(picture.length), at = t => Math.floor(t * size / count);
  const value = matrix ? (i, j) => matrix[i * count + j] : (i, j) => picture[at(i) * size + at(j)];
  let sum = 0, parts = 0;
  for (let i = rows[0]; i <= rows[1]; ++i)
    for (let j = columns[0]; j <= columns[1]; ++j) {
      const byte = value(i, j);
      if (byte !== MISSING) { sum += byte; ++parts; }
    }
  if (!parts) return 'not given';
  return parts === 1 ? text(sum) : `${text(sum / parts)} on average`;
}

function select(rows, columns, look = false) {
  state.rows = rows;
  state.columns = columns;
  byId('clear').disabled = !rows && !columns;
  drawOverlay();
  showReadout();
  legend();
  drawMarks();
  restyle();
  if (look && viewer) viewer.zoomTo({predicate: isMarked, expand: 6}, 400);
}

function matrixInput() {
  const canvas = byId('overlay');
  const tokenAt = event => {
    const box = canvas.getBoundingClientRect();
    const at = (offset, size) => Math.min(Math.max(Math.floor(offset / size * count), 0), count - 1);
    return [at(event.clientY - box.top, box.height), at(event.clientX - box.left, box.width)];
  };
  const span = (a, b) => [Math.min(a, b), Math.max(a, b)];
  let start = null;
  const update = cursor => {
    state.cursor = cursor;
    drawOverlay();
    showReadout();
  };
  canvas.addEventListener('pointerdown', event => {
    start = tokenAt(event);
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener('pointermove', event => {
    const here = tokenAt(event);
    if (start) {
      state.rows = span(start[0], here[0]);
      state.columns = span(start[1], here[1]);
    }
    update(start ? null : here);
  });
  canvas.addEventListener('pointerup', event => {
    if (!start) return;
    const here = tokenAt(event);
    state.cursor = null;
    select(span(start[0], here[0]), span(start[1], here[1]));
    start = null;
  });
  canvas.addEventListener('pointerleave', () => update(null));
  canvas.addEventListener('blur', () => update(null));
  canvas.addEventListener('keydown', event => {
    const step = event.shiftKey ? 10 : 1;
    const moves = {ArrowUp: [-step, 0], ArrowDown: [step, 0], ArrowLeft: [0, -step], ArrowRight: [0, step]};
    const here = state.cursor || [state.rows ? state.rows[0] : 0, state.columns ? state.columns[0] : 0];
    if (moves[event.key]) {
      update(here.map((t, i) => Math.min(Math.max(t + moves[event.key][i], 0), count - 1)));
    } else if (event.key === 'Enter' || event.key === ' ') {
      select([here[0], here[0]], [here[1], here[1]]);
    } else if (event.key === 'Escape') {
      state.cursor = null;
      select(null, null);
    } else {
      return;
    }
    event.preventDefault();
  });
}

// ---- Charts along chains ----

const CHART = {width: 1000, left: 34, right: 8, top: 8, bottom: 20};

// A chart of one value for each position: a frame, ticks, and the places of values.
function chart(positions, height, top, grid, label) {
  const {width, left, right, bottom} = CHART;
  const x = i => left + (width - left - right) * i / Math.max(positions.length, 1);
  const y = value => CHART.top + (height - CHART.top - bottom) * (1 - value / top);
  const svg = drawing('svg', {viewBox: `0 0 ${width} ${height}`, class: 'chart', role: 'img', 'aria-label': label});
  svg.append(drawing('rect', {class: 'frame', x: left, y: CHART.top, width: width - left - right, height: height - CHART.top - bottom}));
  for (const value of grid) {
    if (value > 0 && value < top) svg.append(drawing('line', {class: 'grid', x1: left, x2: width - right, y1: y(value), y2: y(value)}));
    svg.append(drawing('text', {x: left - 4, y: y(value) + 4, 'text-anchor': 'end'}, String(value)));
  }
  const every = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].find(step => positions.length / step <= 20) || 2000;
  positions.forEach((position, i) => {
    const starts = i === 0 || positions[i - 1] !== position;
    if (starts && (i === 0 || (position % every === 0 && x(i) > left + 30)))
      svg.append(drawing('text', {x: x(i + 0.5), y: height - 5, 'text-anchor': 'middle'}, String(position)));
  });
  return {svg, x, y};
}

const plddtCharts = [];
function plddtChart(chain, c) {
  const length = chain.end - chain.first;
  const made = chart(Array.from({length}, (_, i) => tokens[chain.first + i].residue), 130, 100, [0, 50, 70, 90, 100],
    `pLDDT of the ${length} tokens of chain ${chain.id}`);
  made.svg.classList.add('active');
  const lanes = drawing('g', {}), marks = drawing('g', {}), line = drawing('path', {class: 'curve'});
  made.svg.append(lanes, line, marks);
  const tokenAt = event => {
    const box = made.svg.getBoundingClientRect();
    const at = (event.clientX - box.left) / box.width * CHART.width;
    const part = (at - CHART.left) / (CHART.width - CHART.left - CHART.right);
    return chain.first + Math.min(Math.max(Math.floor(part * length), 0), length - 1);
  };
  made.svg.addEventListener('click', event => select([tokenAt(event), tokenAt(event)], null, true));
  made.svg.addEventListener('pointermove', event => {
    const t = tokenAt(event);
    note.textContent = `${tokenName(t)}: pLDDT ${shown(current.tokenPlddts[t], 1)}`;
  });
  const heading = element('h3', {}, `${chain.id}, ${describe(chain)}`), note = element('p', {class: 'note'}, ' ');
  made.svg.addEventListener('pointerleave', () => { note.textContent = ' '; });
  plddtCharts[c] = {...made, lanes, marks, line, chain, heading};
  return element('div', {}, heading, made.svg, note);
}

function drawPlddts() {
  plddtCharts.forEach(({x, y, lanes, line, chain, heading}) => {
    const values = Array.from(current.tokenPlddts.subarray(chain.first, chain.end));
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    heading.textContent = `${chain.id}, ${describe(chain)}: mean pLDDT ${shown(mean, 1)}`;
    const path = values.map((value, i) => `${i ? 'L' : 'M'}${x(i + 0.5).toFixed(1)} ${y(value).toFixed(1)}`).join('');
    line.setAttribute('d', values.length > 1 ? path : `M${x(0)} ${y(values[0])}H${x(1)}`);
    lanes.replaceChildren();
    let from = 0;
    values.forEach((value, i) => {
      const colour = plddtColour(value);
      if (i + 1 < values.length && plddtColour(values[i + 1]) === colour) return;
      lanes.append(drawing('rect', {x: x(from), width: Math.max(x(i + 1) - x(from), 0.5), y: y(0) - 5, height: 5, fill: colour}));
      from = i + 1;
    });
  });
  drawMarks();
}

function drawMarks() {
  plddtCharts.forEach(({x, y, marks, chain}) => {
    marks.replaceChildren(...[[state.rows, 'mark'], [state.columns, 'mark other']].flatMap(([range, kind]) => {
      if (!range || range[1] < chain.first || range[0] >= chain.end) return [];
      const from = Math.max(range[0], chain.first) - chain.first, to = Math.min(range[1] + 1, chain.end) - chain.first;
      return [drawing('rect', {class: kind, x: x(from), width: Math.max(x(to) - x(from), 1.5), y: y(100), height: y(0) - y(100)})];
    }));
  });
}

// ---- Tables ----

function table(caption, headings, rows, properties = {}) {
  return element('table', properties,
    element('caption', {}, caption),
    element('thead', {}, element('tr', {}, ...headings.map(text => element('th', {scope: 'col'}, text)))),
    element('tbody', {}, ...rows.map(cells => element('tr', {}, ...cells.map((cell, i) =>
      i === 0 ? element('th', {scope: 'row'}, cell) : cell instanceof HTMLTableCellElement ? cell : element('td', {}, cell))))));
}

function describe(chain) {
  const names = [...new Set(chain.residues.map(([kind]) => facts.kinds[kind].name))];
  if (chain.type === 'ligand') return `ligand ${names.join('-')}`;
  return `${chain.type} of ${plural(chain.residues.length, 'residue')}`;
}

const sampleName = sample => `seed ${sample.seed} sample ${sample.sample}`;

function sampleTable() {
  const rows = facts.samples.map((sample, s) => {
    const button = element('button', {type: 'button', disabled: !isNumber(sample.positions), onclick: () => show(s)}, 'Show');
    return [sampleName(sample), shown(sample.score, 4), shown(sample.ptm), shown(sample.iptm), shown(sample.disordered),
      sample.clash ? element('td', {class: 'bad'}, 'yes') : 'no', shown(sample.meanPlddt, 1), button];
  });
  byId('sample-table').append(table(`${plural(facts.samples.length, 'sample')}. Ranking score: 0.8 ipTM + 0.2 pTM + ` +
    '0.5 disordered − 100 where chains clash (pTM alone where there is one chain).',
    ['Sample', 'Ranking score', 'pTM', 'ipTM', 'Disordered', 'Chains clash', 'Mean pLDDT', '3D'], rows));
}

function chainTable(sample) {
  byId('chain-table').replaceChildren(table(`Of ${sampleName(sample)}.`,
    ['Chain', 'Type', 'Residues', 'Tokens', 'Entity', 'pTM', 'ipTM with the others', 'Mean pLDDT'],
    facts.chains.map((chain, c) => [chain.id, element('td', {class: 'left'}, describe(chain).split(' of ')[0]),
      String(chain.residues.length), String(chain.end - chain.first), String(chain.entity + 1),
      shown(sample.chainPtm[c]), shown(sample.chainIptm[c]), shown(sample.chainPlddt ? sample.chainPlddt[c] : null, 1)])));
}

function pairTables(sample) {
  byId('pairs').hidden = facts.chains.length < 2;
  const ids = facts.chains.map(chain => chain.id);
  const matrix = (caption, values, decimals, fraction) => {
    const rows = values.map((row, a) => [ids[a], ...row.map(value => {
      const cell = element('td', {}, shown(value, decimals));
      if (isNumber(value)) {
        const colour = shade(fraction(value));
        cell.style.background = `rgb(${colour})`;
        cell.style.color = colour[1] > 150 ? '#000' : '#fff';
      }
      return cell;
    })]);
    return element('div', {}, table(caption, ['', ...ids], rows, {class: 'pairs'}));
  };
  const tables = [matrix('ipTM (on the diagonal: pTM)', sample.pairIptm, 2, value => 1 - value),
    matrix('Lowest PAE, Å: row aligned, column placed', sample.pairPae, 2, value => value / 31.75)];
  if (sample.pairContacts)
    tables.push(matrix('Highest contact probability', sample.pairContacts, 2, value => 1 - value));
  byId('pair-tables').replaceChildren(...tables);
}

// ---- Geometry ----

function findingList(heading, items, text, marks) {
  const MOST = 60;
  if (!items.length) return [];
  const list = element('ul', {class: 'findings'}, ...items.slice(0, MOST).map(item => {
    const mark = () => { const [a, b] = marks(item); select([a, a], b === null ? null : [b, b], true); };
    return element('li', {}, element('button', {type: 'button', onclick: mark}, text(item)));
  }));
  if (items.length > MOST) list.append(element('li', {}, `and ${items.length - MOST} more`));
  return [element('h3', {}, heading), list];
}

function geometry(sample) {
  const target = byId('geometry');
  if (!isNumber(sample.positions)) {
    target.replaceChildren(element('p', {}, 'This report holds the structures of the best samples only.'));
    return;
  }
  const chainOf = a => atoms[a].chain;
  const rows = facts.chains.map((chain, c) => {
    const number = n => n ? element('td', {class: 'bad'}, String(n)) : '0';
    const clashes = sample.clashes.filter(([a, b]) => chainOf(a) === c || chainOf(b) === c).length;
    const odd = sample.odd.filter(([a, b]) => chainOf(a) === c || chainOf(b) === c).length;
    const inverted = sample.invertedOfChain[c], checked = sample.checkedOfChain[c];
    const of = checked ? `${inverted} of ${checked}` : 'none to check';
    return [chain.id, element('td', {class: 'left'}, describe(chain)), number(clashes),
      inverted ? element('td', {class: 'bad'}, of) : of, number(odd),
      shown(sample.chainPlddt[c], 1)];
  });
  const notes = facts.chains.filter((chain, c) => sample.checkedOfChain[c] >= 5 && sample.invertedOfChain[c] >= 0.8 * sample.checkedOfChain[c])
    .map(chain => element('p', {class: 'warning'}, `Chain ${chain.id} is the mirror image of what it should be: nearly all of its centres are inverted.`));
  if (facts.undefined.length)
    notes.push(element('p', {}, `No dictionary describes ${facts.undefined.join(', ')}, so that nothing checks the bonds and centres there.`));
  const {clashes, inverted, odd} = sample;
  target.replaceChildren(...notes,
    element('div', {class: 'scroll'}, table(`Of ${sampleName(sample)}. Click a finding to see it in 3D.`,
      ['Chain', '', 'Clashes of ligands', 'Inverted centres', 'Impossible distances', 'Mean pLDDT'], rows)),
    ...findingList(`${plural(clashes.length, 'clash').replace(/clashs$/, 'clashes')} of ligands`, clashes,
      ([a, b, distance, least]) => `${atomName(a)} and ${atomName(b)}: ${shown(distance)} Å, at least ${shown(least)} Å`,
      ([a, b]) => [atoms[a].token, atoms[b].token]),
    ...findingList(`${plural(inverted.length, 'inverted centre')}`, inverted, a => atomName(a), a => [atoms[a].token, null]),
    ...findingList(`${plural(odd.length, 'impossible distance')} of bonded atoms`, odd,
      ([a, b, distance, expected]) => `${atomName(a)} and ${atomName(b)}: ${shown(distance)} Å, not ${shown(expected)} Å`,
      ([a, b]) => [atoms[a].token, atoms[b].token]));
}

// ---- Inputs and the run ----

function coverageChart(chain) {
  const {coverage} = chain.msa, top = Math.max(...coverage, 1);
  const {svg, x, y} = chart(coverage.map((_, i) => i + 1), 100, top, [0, top], `Rows that cover each residue of chain ${chain.id}`);
  const points = coverage.map((value, i) => `${x(i).toFixed(1)} ${y(value).toFixed(1)}H${x(i + 1).toFixed(1)}`).join('L');
  svg.append(drawing('path', {class: 'area', d: `M${x(0)} ${y(0)}L${points}V${y(0)}Z`}));
  return svg;
}

function inputs() {
  const sections = facts.chains.flatMap(chain => {
    if (!chain.msa) return [];
    const parts = [element('h3', {}, `${chain.id}, ${describe(chain)}`),
      element('p', {}, `${plural(chain.msa.unpaired, 'row')} in the unpaired alignment, ${chain.msa.paired} in the paired one.`)];
    if (chain.msa.unpaired + chain.msa.paired > 0) parts.push(coverageChart(chain));
    if (chain.templates.length) {
      parts.push(table(`${plural(chain.templates.length, 'template')}.`, ['Entry', 'Released', 'Residues covered'],
        chain.templates.map(template => [template.name, template.date || '–', element('td', {class: 'wrap'}, template.residues)])));
    } else if (chain.type === 'protein') {
      parts.push(element('p', {}, 'No templates.'));
    }
    return [element('div', {}, ...parts)];
  });
  byId('inputs').append(...(sections.length ? sections :
    [element('p', {}, facts.hasInput ? 'No chain of this job has alignments.' : `The folder holds no ${facts.name}_data.json, which would tell.`)]));
}

// A JSON value as rows "a.b.c", text.
function flattened(value, place = '') {
  if (Array.isArray(value) && value.every(item => item === null || typeof item !== 'object')) return [[place, value.join(', ')]];
  if (value === null || typeof value !== 'object') return [[place, String(value)]];
  return Object.entries(value).flatMap(([key, inner]) => flattened(inner, place ? `${place}.${key}` : key));
}

function run() {
  const rows = [['program', `${facts.software} ${facts.version}`], ['job', facts.name], ['tokens', String(count)],
    ['atoms', String(atoms.length)], ...(facts.manifest ? flattened(facts.manifest) : [])];
  byId('run').append(table(facts.manifest ? 'As the manifest tells.' : 'As the model file tells; the folder has no manifest.', ['What', ''],
    rows.map(([key, value]) => [key, element('td', {class: 'wrap'}, value)])));
}

// ---- The page ----

function header() {
  document.title = `${facts.name}: prediction`;
  byId('name').textContent = facts.name;
  byId('made').textContent = `${plural(facts.chains.length, 'chain')}, ${plural(count, 'token')}, ${plural(facts.samples.length, 'sample')}; made by ${facts.software} ${facts.version}`;
  byId('warning').hidden = !facts.warning;
  byId('warning').textContent = facts.warning;
}

function cards(sample) {
  const clashes = sample.clashes ? sample.clashes.length : null;
  const entries = [['Ranking score', shown(sample.score, 3)], ['pTM', shown(sample.ptm)], ['ipTM', shown(sample.iptm)],
    ['Mean pLDDT', shown(sample.meanPlddt, 1)], ['Disordered', shown(sample.disordered)],
    ['Inverted centres', sample.inverted ? String(sample.inverted.length) : '–'],
    ['Ligand clashes', clashes === null ? '–' : String(clashes)]];
  byId('cards').replaceChildren(...entries.map(([key, value]) => element('div', {}, element('dt', {}, key), element('dd', {}, value))));
}

// The picture of the matrix. The matrix itself, where it is another array, comes when the browser has nothing else to do.
async function loadMatrix() {
  const sample = facts.samples[state.sample], pae = state.matrix === 'pae';
  const id = pae ? sample.pae : sample.contacts, small = pae ? sample.paePicture : sample.contactsPicture;
  current.matrix = null;
  current.picture = isNumber(id) ? await (isNumber(small) ? array(small, Uint8Array, facts.pictureSize) : array(id, Uint8Array, count)) : null;
  if (!isNumber(small)) current.matrix = current.picture;
  else current.reading = new Promise(done => whenIdle(async () => {
    const matrix = await array(id, Uint8Array, count);
    if (state.sample === facts.samples.indexOf(sample) && pae === (state.matrix === 'pae')) current.matrix = matrix;
    showReadout();
    done();
  }));
}

const whenIdle = work => window.requestIdleCallback ? requestIdleCallback(work, {timeout: 2000}) : setTimeout(work, 200);

// Tables and charts come first, then the matrix, then the structure, which takes longest where there are many tokens.
async function show(index) {
  const keepView = current.positions !== undefined;
  state.sample = index;
  const sample = facts.samples[index];
  [current.positions, current.plddts] = await Promise.all([array(sample.positions, Int32Array, atoms.length),
    array(sample.plddts, Uint16Array, atoms.length)]);
  if (state.sample !== index) return;
  const sums = new Float64Array(count), counts = new Uint32Array(count);
  atoms.forEach((atom, a) => { sums[atom.token] += current.plddts[a] / 100; ++counts[atom.token]; });
  current.tokenPlddts = sums.map((sum, t) => sum / counts[t]);
  byId('sample').value = String(index);
  document.querySelectorAll('#sample-table tbody tr').forEach((row, s) =>
    s === index ? row.setAttribute('aria-current', 'true') : row.removeAttribute('aria-current'));
  cards(sample);
  drawPlddts();
  chainTable(sample);
  pairTables(sample);
  geometry(sample);
  performance.mark('tables');
  await loadMatrix();
  drawMatrix();
  showReadout();
  performance.mark('matrix');
  await new Promise(painted => setTimeout(painted));
  openViewer();
  drawModel(keepView);
  performance.mark('structure');
}

function choice(id, change) {
  byId(id).addEventListener('click', event => {
    const {value} = event.target.dataset;
    if (!value) return;
    for (const button of byId(id).children) button.setAttribute('aria-pressed', String(button === event.target));
    change(value);
  });
}

function controls() {
  byId('sample').append(...facts.samples.flatMap((sample, s) => sample.positions === null ? [] :
    [element('option', {value: String(s)}, `${sampleName(sample)} (${shown(sample.score, 3)})`)]));
  byId('sample').addEventListener('change', event => show(Number(event.target.value)));
  choice('colour', value => {
    state.colour = value;
    state.rows = state.columns = null;
    select(null, null);
  });
  choice('matrix-kind', async value => {
    state.matrix = value;
    await loadMatrix();
    drawMatrix();
    showReadout();
  });
  byId('clear').addEventListener('click', () => select(null, null));
  const view = (id, change) => byId(id).addEventListener('click', () => { if (viewer) { change(); viewer.render(); } });
  view('reset', () => viewer.zoomTo());
  view('closer', () => viewer.zoom(1.25));
  view('farther', () => viewer.zoom(0.8));
  view('turn', () => viewer.rotate(30, 'y'));
  addEventListener('resize', drawOverlay);
  dark.addEventListener('change', () => {
    if (viewer) viewer.setBackgroundColor(variable('--panel'));
    legend();
    restyle();
  });
  addEventListener('beforeprint', () => {
    if (!viewer) return;
    viewer.setBackgroundColor('#ffffff');
    byId('printed').src = viewer.pngURI();
    viewer.setBackgroundColor(variable('--panel'));
  });
}

header();
sampleTable();
axisLabels();
byId('plddt').append(...facts.chains.filter(chain => chain.end - chain.first > 1).map(plddtChart));
inputs();
run();
controls();
matrixInput();
legend();
// What the tests ask.
window.pleatReport = {state, count, tokenName, select, ready: show(0), whole: () => current.reading,
  atoms: () => drawn.length,
  marked: () => viewer ? viewer.selectedAtoms({predicate: isMarked}).map(atom => atomName(indexOf(atom))) : null};
})();
