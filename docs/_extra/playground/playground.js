// The page: it shows, and asks the worker, in which Python runs.

const SHOWN = 1000;
const element = (id) => document.getElementById(id);
const worker = new Worker("worker.js", { type: "module" });
let table = null; // of a dropped file: {names, best}
let saved = "";

function ask(question) {
  element("go").disabled = true;
  worker.postMessage(question);
}

function say(text, wrong = false) {
  element("state").textContent = text;
  element("state").classList.toggle("wrong", wrong);
}

const told = {
  ready({ versions }) {
    element("versions").textContent = versions;
    say("Ready.");
    element("go").disabled = false;
  },
  progress({ text }) {
    say(text);
  },
  columns({ names, best, rows }) {
    table = { names };
    const select = element("column");
    select.replaceChildren(...names.map((name, place) => new Option(name, place)));
    select.value = best;
    element("column-field").hidden = false;
    element("codes").disabled = true;
    say(`${rows.toLocaleString("en")} rows.`);
    element("go").disabled = false;
  },
  answers({ rows, counts, total, csv }) {
    saved = csv;
    element("counts").replaceChildren(
      ...counts.map(([name, count]) => {
        const pair = document.createElement("div");
        pair.append(cell("dt", name), cell("dd", count.toLocaleString("en")));
        return pair;
      }),
    );
    element("rows").replaceChildren(
      ...rows.map(([text, system, code, status, what]) => {
        const row = document.createElement("tr");
        row.append(
          cell("td", text, "code"),
          cell("td", system),
          cell("td", code, "code"),
          cell("td", status, status),
          cell("td", what, "what"),
        );
        return row;
      }),
    );
    element("shown").textContent =
      total > rows.length ? `The first ${rows.length.toLocaleString("en")} are shown.` : "";
    element("answers").hidden = false;
    say(`${total.toLocaleString("en")} ${total === 1 ? "answer" : "answers"}.`);
    element("go").disabled = false;
  },
  problem({ text }) {
    say(text, true);
    element("go").disabled = false;
  },
};

function cell(kind, text, name) {
  const made = document.createElement(kind);
  made.textContent = text ?? "";
  if (name) made.className = name;
  return made;
}

worker.onmessage = ({ data }) => told[data.kind](data);
worker.onerror = (event) => say(`The playground cannot start: ${event.message}`, true);

async function take(file) {
  if (!file) return;
  say(`Reading ${file.name} ...`);
  ask({ kind: "file", text: await file.text() });
}

element("question").addEventListener("submit", (event) => {
  event.preventDefault();
  const asked = { kind: "identify", on: element("on").value, which: element("kind").value, most: SHOWN };
  if (table) asked.column = Number(element("column").value);
  else asked.text = element("codes").value;
  say("Identifying ...");
  ask(asked);
});

element("file").addEventListener("change", (event) => {
  if (event.target.files.length) take(event.target.files[0]);
  else forget();
});

function forget() {
  table = null;
  element("column-field").hidden = true;
  element("codes").disabled = false;
}

const drop = element("drop");
for (const name of ["dragenter", "dragover"]) {
  document.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
}
for (const name of ["dragleave", "drop"]) {
  document.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.remove("over");
  });
}
document.addEventListener("drop", (event) => {
  if (event.dataTransfer.files.length) {
    element("file").files = event.dataTransfer.files;
    take(event.dataTransfer.files[0]);
  }
});

element("save").addEventListener("click", () => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([saved], { type: "text/csv" }));
  link.download = "identified.csv";
  link.click();
  URL.revokeObjectURL(link.href);
});

const today = new Date();
const two = (number) => String(number).padStart(2, "0");
element("on").value = `${today.getFullYear()}-${two(today.getMonth() + 1)}-${two(today.getDate())}`;
