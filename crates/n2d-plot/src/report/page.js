"use strict";
(async () => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);
  const make = (tag, text, parent) => {
    const node = document.createElement(tag);
    if (text !== undefined) node.textContent = text;
    if (parent) parent.append(node);
    return node;
  };
  // Packed arrays are deflated, then base64.
  const unpack = async (text, Kind) => {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Kind(await new Response(stream).arrayBuffer());
  };
  const n = data.n;
  const [xs, ys, clusters] = await Promise.all([
    unpack(data.x, Uint16Array), unpack(data.y, Uint16Array), unpack(data.clusters, Int32Array)]);
  const classes = data.classes ? await unpack(data.classes, Int32Array) : null;
  const strengths = data.strengths ? await unpack(data.strengths, Uint8Array) : null;
  const rows = data.rows;
  const values = rows ? await unpack(rows.data, rows.kind === "table" ? Float32Array : Uint8Array) : null;

  // What a group is called and how it looks, by label.
  const looks = { cluster: new Map(data.cluster_looks.map((g) => [g.label, g])), class: new Map(data.class_looks.map((g) => [g.label, g])) };
  const rgb = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  const hidden = { cluster: new Set(), class: new Set() };
  let by = "cluster";
  const label = (row) => (by === "cluster" ? clusters[row] : classes[row]);
  const shown = (row) => !hidden[by].has(label(row));

  // Rows in an order that has nothing to do with the data, noise first.
  const gcd = (a, b) => (b ? gcd(b, a % b) : a);
  let stride = 611953;
  while (gcd(stride, n) !== 1) stride += 2;
  const order = new Uint32Array(n);
  for (let at = 0, row = 0, head = 0, tail = clusters.reduce((sum, l) => sum + (l < 0), 0); at < n; at++, row = (row + stride) % n) {
    if (clusters[row] < 0) order[head++] = row; else order[tail++] = row;
  }

  // Rows by cell of a grid, to find the one beneath the pointer.
  const CELLS = 128, cell = (row) => (ys[row] >> 9) * CELLS + (xs[row] >> 9);
  const starts = new Uint32Array(CELLS * CELLS + 1), inCell = new Uint32Array(n);
  for (let row = 0; row < n; row++) starts[cell(row) + 1]++;
  for (let at = 0; at < CELLS * CELLS; at++) starts[at + 1] += starts[at];
  const next = starts.slice();
  for (let row = 0; row < n; row++) inCell[next[cell(row)]++] = row;

  // Each row's place among the colours, below 0 where it is hidden.
  const lookOf = new Int32Array(n), palette = [];
  const relook = () => {
    const places = new Map();
    palette.length = 0;
    for (const [l, group] of looks[by]) {
      places.set(l, hidden[by].has(l) ? -1 : palette.length);
      palette.push(...rgb(group.colour));
    }
    for (let row = 0; row < n; row++) lookOf[row] = places.get(label(row));
  };

  const stage = $("stage"), canvas = $("map"), pen = canvas.getContext("2d");
  const view = { x: 0, y: 0, scale: 1 };
  let selected = null, waiting = false;
  const ratio = () => window.devicePixelRatio || 1;
  const reset = () => {
    const wide = Math.max(data.width, 1), high = Math.max(data.height, 1);
    view.scale = 0.94 * Math.min(stage.clientWidth / wide, stage.clientHeight / high);
    view.x = (stage.clientWidth - wide * view.scale) / 2;
    view.y = (stage.clientHeight - high * view.scale) / 2;
    view.whole = view.scale;
  };
  const redraw = () => {
    if (!waiting) { waiting = true; requestAnimationFrame(() => draw(ratio())); }
  };
  // While the map moves, a pixel of the page is one of the picture; once it rests, all the screen has.
  let resting = 0;
  const move = () => {
    if (!waiting) { waiting = true; requestAnimationFrame(() => draw(1)); }
    clearTimeout(resting);
    resting = setTimeout(redraw, 150);
  };
  const draw = (r) => {
    waiting = false;
    const width = Math.max(1, Math.round(stage.clientWidth * r)), height = Math.max(1, Math.round(stage.clientHeight * r));
    if (canvas.width !== width || canvas.height !== height) { canvas.width = width; canvas.height = height; }
    const image = pen.createImageData(width, height), out = image.data;
    out.fill(255);
    const zoom = Math.sqrt(view.scale / view.whole);
    const radius = Math.min(7, data.radius * zoom) * r, reach = Math.ceil(radius), alpha = Math.min(0.9, data.alpha * zoom);
    const stamp = [];
    for (let dy = -reach; dy <= reach; dy++) for (let dx = -reach; dx <= reach; dx++) {
      const share = Math.max(0, Math.min(1, radius + 0.5 - Math.hypot(dx, dy)));
      if (share > 0) stamp.push((dy * width + dx) * 4, share);
    }
    const marks = Float32Array.from(stamp), count = marks.length, { scale, x: left, y: top } = view;
    for (let at = 0; at < n; at++) {
      const row = order[at], look = lookOf[row];
      if (look < 0) continue;
      const x = Math.round((xs[row] * scale + left) * r), y = Math.round((ys[row] * scale + top) * r);
      if (x < reach || y < reach || x >= width - reach || y >= height - reach) continue;
      const red = palette[look], green = palette[look + 1], blue = palette[look + 2];
      let cover = alpha;
      if (strengths && by === "cluster") cover *= 0.2 + 0.8 * strengths[row] / 255;
      if (selected && !selected.has(row)) cover *= 0.15;
      const middle = (y * width + x) * 4;
      for (let s = 0; s < count; s += 2) {
        const to = middle + marks[s], a = cover * marks[s + 1];
        out[to] += (red - out[to]) * a;
        out[to + 1] += (green - out[to + 1]) * a;
        out[to + 2] += (blue - out[to + 2]) * a;
      }
    }
    pen.putImageData(image, 0, 0);
  };

  const nearest = (px, py) => {
    const x = (px - view.x) / view.scale, y = (py - view.y) / view.scale, far = 9 / view.scale;
    const clamp = (v) => Math.max(0, Math.min(CELLS - 1, v >> 9));
    let best = -1, least = far * far;
    for (let cy = clamp(y - far); cy <= clamp(y + far); cy++) for (let cx = clamp(x - far); cx <= clamp(x + far); cx++) {
      const at = cy * CELLS + cx;
      for (let i = starts[at]; i < starts[at + 1]; i++) {
        const row = inCell[i], distance = (xs[row] - x) ** 2 + (ys[row] - y) ** 2;
        if (distance < least && shown(row)) { least = distance; best = row; }
      }
    }
    return best;
  };

  // A row, or a mean, as what it is: a picture, a line or a table.
  const picture = (bytes, size, parent) => {
    const node = make("canvas", undefined, parent), to = node.getContext("2d");
    if (rows.kind === "image") {
      node.width = rows.width; node.height = rows.height;
      node.style.width = size + "px";
      const image = to.createImageData(rows.width, rows.height);
      for (let i = 0; i < bytes.length; i++) image.data.set([255 - bytes[i], 255 - bytes[i], 255 - bytes[i], 255], 4 * i);
      to.putImageData(image, 0, 0);
    } else {
      const wide = 1.6 * size, length = bytes.length / rows.channels;
      node.width = wide * 2; node.height = size * 2;
      node.style.width = wide + "px";
      for (let channel = 0; channel < rows.channels; channel++) {
        to.beginPath();
        for (let step = 0; step < length; step++)
          to.lineTo(step / Math.max(1, length - 1) * node.width, (1 - bytes[step * rows.channels + channel] / 255) * (node.height - 4) + 2);
        to.strokeStyle = data.lines[channel % data.lines.length];
        to.lineWidth = 2;
        to.stroke();
      }
    }
  };
  const details = (row, size, parent) => {
    if (!rows) return;
    const own = values.subarray(row * rows.features, (row + 1) * rows.features);
    if (rows.kind !== "table") { picture(own, size, parent); return; }
    const table = make("table", undefined, parent);
    own.forEach((value, at) => {
      if (at >= 12) return;
      const line = make("tr", undefined, table);
      make("td", rows.names[at], line);
      make("td", Number(value.toPrecision(5)).toString(), line);
    });
    if (own.length > 12) make("div", `and ${own.length - 12} more`, parent).className = "note";
  };
  const strip = (list, parent) => {
    const box = make("div", undefined, parent);
    box.className = "rows";
    for (const row of list) {
      const one = make("div", undefined, box);
      one.className = "row";
      details(row, 56, one);
      make("div", `row ${row}`, one);
    }
  };

  const tip = $("tip"), box = $("box"), chosen = $("chosen");
  const hover = (px, py) => {
    const row = nearest(px, py);
    tip.style.display = row < 0 ? "none" : "block";
    if (row < 0) return;
    tip.replaceChildren();
    make("b", `row ${row}`, tip);
    make("div", looks.cluster.get(clusters[row]).name, tip);
    if (strengths) make("div", `strength ${(strengths[row] / 255).toFixed(2)}`, tip);
    if (classes) make("div", looks.class.get(classes[row]).name, tip);
    details(row, 84, tip);
    tip.style.left = Math.min(px + 14, stage.clientWidth - tip.offsetWidth - 4) + "px";
    tip.style.top = Math.min(py + 14, Math.max(0, stage.clientHeight - tip.offsetHeight - 4)) + "px";
  };
  const select = (x0, y0, x1, y1) => {
    const [left, right] = [x0, x1].sort((a, b) => a - b).map((v) => (v - view.x) / view.scale);
    const [top, bottom] = [y0, y1].sort((a, b) => a - b).map((v) => (v - view.y) / view.scale);
    const found = [];
    for (let row = 0; row < n; row++)
      if (shown(row) && xs[row] >= left && xs[row] <= right && ys[row] >= top && ys[row] <= bottom) found.push(row);
    selected = found.length ? new Set(found) : null;
    chosen.replaceChildren();
    if (!selected) return;
    make("h2", `${found.length.toLocaleString("en")} rows selected`, chosen);
    const counts = new Map();
    for (const row of found) counts.set(label(row), (counts.get(label(row)) || 0) + 1);
    make("p", [...counts].sort((a, b) => b[1] - a[1]).map(([l, c]) => `${looks[by].get(l).name}: ${c}`).join(", "), chosen);
    strip(found.slice(0, 40), chosen);
  };

  let drag = null;
  const at = (event) => { const edge = stage.getBoundingClientRect(); return [event.clientX - edge.left, event.clientY - edge.top]; };
  canvas.addEventListener("pointerdown", (event) => {
    const [x, y] = at(event);
    drag = { x, y, vx: view.x, vy: view.y, selects: event.shiftKey };
    canvas.setPointerCapture(event.pointerId);
    tip.style.display = "none";
  });
  canvas.addEventListener("pointermove", (event) => {
    const [x, y] = at(event);
    if (!drag) { hover(x, y); return; }
    if (drag.selects) {
      Object.assign(box.style, { display: "block", left: Math.min(x, drag.x) + "px", top: Math.min(y, drag.y) + "px", width: Math.abs(x - drag.x) + "px", height: Math.abs(y - drag.y) + "px" });
    } else {
      view.x = drag.vx + x - drag.x; view.y = drag.vy + y - drag.y; move();
    }
  });
  canvas.addEventListener("pointerup", (event) => {
    const [x, y] = at(event);
    if (drag && drag.selects) { box.style.display = "none"; select(drag.x, drag.y, x, y); redraw(); }
    drag = null;
  });
  canvas.addEventListener("pointercancel", () => { drag = null; box.style.display = "none"; });
  canvas.addEventListener("pointerleave", () => { tip.style.display = "none"; });
  canvas.addEventListener("dblclick", () => { reset(); redraw(); });
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    const [x, y] = at(event), old = view.scale;
    view.scale = Math.max(view.whole / 4, Math.min(view.whole * 400, old * Math.exp(-event.deltaY * 0.0015)));
    view.x = x - (x - view.x) * view.scale / old; view.y = y - (y - view.y) * view.scale / old;
    move();
  }, { passive: false });
  window.addEventListener("resize", redraw);

  const keys = $("keys");
  const list = () => {
    relook();
    keys.replaceChildren();
    for (const [l, group] of looks[by]) {
      const key = make("button", undefined, keys);
      key.className = "key"; key.type = "button";
      key.setAttribute("aria-pressed", String(!hidden[by].has(l)));
      make("i", undefined, key).style.background = group.colour;
      key.append(group.name + " ");
      make("span", group.size.toLocaleString("en"), key);
      key.addEventListener("click", () => { if (!hidden[by].delete(l)) hidden[by].add(l); list(); redraw(); });
    }
  };
  const switcher = $("by");
  if (classes) switcher.addEventListener("click", () => {
    by = by === "cluster" ? "class" : "cluster";
    switcher.textContent = by === "cluster" ? "colour by class" : "colour by cluster";
    list(); redraw();
  }); else switcher.remove();

  for (const one of data.details) {
    const part = make("div", undefined, $("details"));
    part.className = "cluster";
    const group = looks.cluster.get(one.label), name = make("b", group.name, part);
    name.style.borderLeft = `10px solid ${group.colour}`; name.style.paddingLeft = "6px";
    make("span", ` ${group.size.toLocaleString("en")} rows`, part).className = "note";
    if (one.features.length) make("div", "set apart by " + one.features.map(([f, e]) => `${f} (${e > 0 ? "+" : ""}${e.toFixed(2)})`).join(", "), part);
    for (const [title, list] of [["most typical", one.typical], ["most doubtful", one.doubtful]]) if (list.length) {
      make("div", title, part).className = "note";
      strip(list, part);
    }
    if (rows && rows.kind !== "table") for (const [title, mean] of [["mean", one.mean], ["mean reconstruction", one.reconstruction]]) if (mean) {
      make("div", title, part).className = "note";
      picture(mean, 84, part);
    }
  }
  list(); reset(); redraw();
})();
