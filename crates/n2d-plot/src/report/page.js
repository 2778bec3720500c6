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
  const Values = rows && rows.kind === "table" ? Float32Array : Uint8Array;
  const values = rows ? await unpack(rows.data, Values) : null;
  const fullValues = rows ? await unpack(rows.full_data, Values) : null;
  const fullAt = new Map(rows ? rows.full.map((row, at) => [row, at]) : []);
  for (const one of data.details) for (const key of ["mean", "reconstruction", "effects"])
    if (one[key]) one[key] = await unpack(one[key], Float32Array);

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

  // For the name of each group the row in the middle of it: the one nearest to the medians.
  const middlesOf = (labels, groups) => {
    const middles = new Map();
    if (groups.size > 40) return middles;
    const rowsOf = new Map([...groups.keys()].filter((l) => l >= 0).map((l) => [l, []]));
    for (let row = 0; row < n; row++) if (labels[row] >= 0) rowsOf.get(labels[row]).push(row);
    for (const [l, all] of rowsOf) {
      const median = (of) => Uint16Array.from(all, (row) => of[row]).sort()[all.length >> 1];
      const x = median(xs), y = median(ys);
      let best = all[0], least = Infinity;
      for (const row of all) { const far = (xs[row] - x) ** 2 + (ys[row] - y) ** 2; if (far < least) { least = far; best = row; } }
      middles.set(l, best);
    }
    return middles;
  };
  const middles = { cluster: middlesOf(clusters, looks.cluster), class: classes ? middlesOf(classes, looks.class) : new Map() };

  const stage = $("stage"), canvas = $("map"), pen = canvas.getContext("2d", { willReadFrequently: true });
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
    pen.font = `bold ${13 * r}px Roboto, "Helvetica Neue", Arial, sans-serif`;
    pen.textAlign = "center"; pen.textBaseline = "middle"; pen.lineJoin = "round";
    pen.strokeStyle = "#ffffffd9"; pen.lineWidth = 3.5 * r; pen.fillStyle = "#1c1c1c";
    for (const [l, place] of middles[by]) {
      if (hidden[by].has(l)) continue;
      const x = (xs[place] * scale + left) * r, y = (ys[place] * scale + top) * r, text = looks[by].get(l).short;
      pen.strokeText(text, x, y); pen.fillText(text, x, y);
    }
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

  // A row as it is if it is in the page so, else smaller; nothing where it is left out.
  const valuesOf = (row) => {
    const at = fullAt.get(row);
    if (at !== undefined) return { values: fullValues.subarray(at * rows.full_features, (at + 1) * rows.full_features), shape: rows.full_shape };
    if (row % rows.stride) return null;
    const place = row / rows.stride;
    return { values: values.subarray(place * rows.features, (place + 1) * rows.features), shape: rows };
  };
  // Means and effects are numbers in the data's units: as the bytes that rows are.
  const toBytes = (numbers) => {
    const [low, high] = data.range;
    return Uint8Array.from(numbers, (v) => high > low ? Math.max(0, Math.min(255, Math.round((v - low) / (high - low) * 255))) : 0);
  };
  const number = (value) => Number(value.toPrecision(4)).toString();
  // Where most is empty, values are ink on paper; else they are light, as in photographs.
  const sample = rows && rows.kind === "image" ? values.subarray(0, 100000) : [];
  const isInk = sample.length && sample.filter((v) => v === 0).length > sample.length * 0.3;
  const grey = (v) => isInk ? [255 - v, 255 - v, 255 - v] : [v, v, v];
  // Red above the other rows, blue below; 2 pooled standard deviations have the full colour.
  const heat = (effect) => {
    const part = Math.round(255 * (1 - Math.min(1, Math.abs(effect) / 2)));
    return effect > 0 ? [200 + 55 * part / 255, part, part] : [part, part, 200 + 55 * part / 255];
  };
  const raster = (list, shape, size, colour, parent) => {
    const node = make("canvas", undefined, parent), to = node.getContext("2d");
    node.width = shape.width; node.height = shape.height;
    node.style.width = size * Math.min(2, Math.max(1, shape.width / shape.height)) + "px";
    node.className = "pixels";
    const image = to.createImageData(shape.width, shape.height);
    list.forEach((v, i) => image.data.set([...colour(v), 255], 4 * i));
    to.putImageData(image, 0, 0);
  };
  const lines = (list, channels, size, parent, least, most) => {
    const node = make("canvas", undefined, parent), to = node.getContext("2d");
    const wide = 2 * size, length = list.length / channels;
    node.width = wide * 2; node.height = size * 2;
    node.style.width = wide + "px"; node.style.height = size + "px";
    node.className = "lines";
    const up = (v) => (1 - (v - least) / (most - least)) * (node.height - 6) + 3;
    if (least < 0) { to.fillStyle = "#d0d0d0"; to.fillRect(0, up(0), node.width, 1); }
    for (let channel = 0; channel < channels; channel++) {
      to.beginPath();
      for (let step = 0; step < length; step++)
        to.lineTo(step / Math.max(1, length - 1) * (node.width - 4) + 2, up(list[step * channels + channel]));
      to.strokeStyle = data.lines[channel % data.lines.length];
      to.lineWidth = 2;
      to.stroke();
    }
  };
  const picture = (bytes, shape, size, parent) => {
    if (shape.kind === "image") raster(bytes, shape, size, grey, parent);
    else lines(bytes, shape.channels, size, parent, 0, 255);
  };
  const details = (row, size, parent) => {
    if (!rows) return;
    const own = valuesOf(row);
    if (!own) { make("div", "its values are not in this page", parent).className = "note"; return; }
    if (rows.kind !== "table") { picture(own.values, own.shape, size, parent); return; }
    const table = make("table", undefined, parent);
    own.values.forEach((value, at) => {
      const line = make("tr", undefined, table);
      make("td", rows.names[at], line);
      make("td", number(value), line).className = "number";
    });
  };
  const goTo = (row) => {
    view.scale = Math.max(view.scale, 4 * view.whole);
    view.x = stage.clientWidth / 2 - xs[row] * view.scale;
    view.y = stage.clientHeight / 2 - ys[row] * view.scale;
    redraw();
    pointAt(row, stage.clientWidth / 2, stage.clientHeight / 2);
    stage.scrollIntoView({ block: "nearest" });
  };
  const rowLink = (row, parent) => {
    const link = make("button", `row ${row}`, parent);
    link.className = "link"; link.type = "button";
    link.addEventListener("click", () => goTo(row));
  };
  // Rows of tables one above the other, under titles; means are among them.
  const grid = (parts, parent) => {
    const holder = make("div", undefined, parent);
    holder.className = "rows";
    const table = make("table", undefined, holder), head = make("tr", undefined, table);
    make("th", "", head);
    for (const name of rows.names) make("th", name, head).className = "number";
    for (const [title, list] of parts) {
      const over = make("td", title, make("tr", undefined, table));
      over.colSpan = rows.names.length + 1; over.className = "note over";
      for (const [name, numbers] of list) {
        const line = make("tr", undefined, table), first = make("td", undefined, line);
        if (typeof name === "number") rowLink(name, first); else first.textContent = name;
        for (const value of numbers || []) make("td", number(value), line).className = "number";
      }
    }
  };
  const asLines = (list) => list.map((row) => { const own = valuesOf(row); return [row, own && own.values]; });
  // Rows one beside the other.
  const strip = (list, parent) => {
    if (rows && rows.kind === "table") { grid([["", asLines(list)]], parent); return; }
    const holder = make("div", undefined, parent);
    holder.className = "rows";
    for (const row of list) {
      const one = make("div", undefined, holder);
      one.className = "row";
      details(row, 60, one);
      rowLink(row, one);
    }
  };

  const tip = $("tip"), box = $("box"), chosen = $("chosen");
  const hover = (px, py) => pointAt(nearest(px, py), px, py);
  const pointAt = (row, px, py) => {
    tip.style.display = row < 0 ? "none" : "block";
    if (row < 0) return;
    tip.replaceChildren();
    make("b", `row ${row}`, tip);
    make("div", looks.cluster.get(clusters[row]).name, tip);
    if (strengths) make("div", `strength ${(strengths[row] / 255).toFixed(2)}`, tip);
    if (classes) {
      // Classes without names are called "class 3" already.
      const name = looks.class.get(classes[row]).name;
      make("div", name.startsWith("class ") ? name : `class ${name}`, tip);
    }
    details(row, 90, tip);
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
      key.dataset.label = l;
      key.addEventListener("click", (event) => {
        if (event.shiftKey) hidden[by] = new Set([...looks[by].keys()].filter((other) => other !== l));
        else if (!hidden[by].delete(l)) hidden[by].add(l);
        list(); redraw();
      });
    }
  };
  const switcher = $("by");
  if (classes) switcher.addEventListener("click", () => {
    by = by === "cluster" ? "class" : "cluster";
    switcher.textContent = by === "cluster" ? "colour by class" : "colour by cluster";
    list(); redraw();
  }); else switcher.remove();
  $("all").addEventListener("click", () => {
    hidden[by].clear(); selected = null; chosen.replaceChildren();
    list(); reset(); redraw();
  });
  $("find").addEventListener("change", (event) => {
    const row = Number(event.target.value);
    if (event.target.value !== "" && Number.isInteger(row) && row >= 0 && row < n) goTo(row);
  });

  const bars = (features, parent) => {
    if (!features.length) return;
    make("div", "what sets it apart: difference from the other rows in standard deviations (Cohen's d)", parent).className = "note above";
    const table = make("table", undefined, parent), most = Math.max(...features.map(([, e]) => Math.abs(e)));
    table.className = "bars";
    for (const [name, effect] of features) {
      const line = make("tr", undefined, table);
      make("td", name, line);
      const bar = make("i", undefined, make("td", undefined, line));
      bar.style.width = 120 * Math.abs(effect) / most + "px";
      bar.style.background = effect > 0 ? "#c83232" : "#3250c8";
      make("td", (effect > 0 ? "+" : "\u2212") + (Math.abs(effect) > 99 ? "more than 99" : Math.abs(effect).toFixed(2)), line).className = "number";
    }
  };
  const means = (one, parent) => {
    const box = make("div", undefined, parent), shape = rows.full_shape;
    box.className = "rows";
    const titled = (title, draw) => { const part = make("div", undefined, box); part.className = "row"; draw(part); make("div", title, part); };
    for (const [title, mean] of [["mean", one.mean], ["mean reconstruction", one.reconstruction]])
      if (mean) titled(title, (part) => picture(toBytes(mean), shape, 84, part));
    if (one.effects) titled("what sets it apart", (part) => {
      const most = one.effects.reduce((most, e) => Math.max(most, Math.abs(e)), 0.5);
      if (shape.kind === "image") raster(one.effects, shape, 84, heat, part);
      else lines(one.effects, shape.channels, 84, part, -most, most);
    });
  };
  for (const one of data.details) {
    const part = make("section", undefined, $("details"));
    part.className = "cluster"; part.id = `cluster-${one.label}`;
    const group = looks.cluster.get(one.label), name = make("h3", group.name, part);
    name.style.borderLeftColor = group.colour;
    const facts = [["", `${group.size.toLocaleString("en")} rows`], ...one.facts];
    make("div", facts.map(([f, v]) => f ? `${f} ${v}` : v).join(" \u00b7 "), part).className = "note";
    if (rows && rows.kind !== "table") means(one, part);
    bars(one.features, part);
    if (rows && rows.kind === "table") {
      const means = [["mean", one.mean], ["mean reconstruction", one.reconstruction]].filter(([, mean]) => mean);
      const parts = [["", means], ["most typical rows", asLines(one.typical)], ["most doubtful rows", asLines(one.doubtful)]];
      grid(parts.filter(([, list]) => list.length), part);
      continue;
    }
    for (const [title, list] of [["most typical", one.typical], ["most doubtful", one.doubtful]]) if (list.length) {
      make("div", title, part).className = "note above";
      strip(list, part);
    }
  }
  list(); reset(); redraw();
})();
