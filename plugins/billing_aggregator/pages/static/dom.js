// Builds elements. Whatever is put into them is text, never markup: run ids and errors hold what anybody has typed.

// An element; children are elements or text, null leaves one out. A property of `attributes` that is a function listens.
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  fill(made, attributes);
  made.append(...present(children));
  return made;
}

// The same for a drawing.
export function drawing(tag, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  fill(made, attributes);
  made.append(...present(children));
  return made;
}

// Replaces what is in a place.
export function show(place, ...children) {
  place.replaceChildren(...present(children));
}

function fill(made, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") {
      made.addEventListener(name, value);
    } else if (value === true) {
      made.setAttribute(name, "");
    } else if (value !== null && value !== undefined && value !== false) {
      made.setAttribute(name, value);
    }
  }
}

function present(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
}
