// Python, in a thread of its own, so that the page stays alive while it works.

import { loadPyodide } from "./pyodide/pyodide.mjs";

const tell = (kind, facts) => postMessage({ kind, ...facts });

async function fetched(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`${path} is missing`);
  return answer;
}

async function start() {
  const python = await loadPyodide({ indexURL: new URL("./pyodide/", import.meta.url).href });
  const wheels = await (await fetched("wheels.json")).json();
  for (const wheel of wheels) {
    python.unpackArchive(await (await fetched(`wheels/${wheel}`)).arrayBuffer(), "wheel");
  }
  python.FS.writeFile("/home/pyodide/playground.py", await (await fetched("playground.py")).text());
  const playground = python.pyimport("playground");
  tell("ready", { versions: playground.versions() });
  return playground;
}

const starting = start().catch((problem) => {
  tell("problem", { text: `The playground cannot start: ${problem.message}` });
  throw problem;
});

onmessage = async ({ data }) => {
  const playground = await starting;
  try {
    const answer = JSON.parse(playground.answer(JSON.stringify(data)));
    tell(answer.kind, answer);
  } catch (problem) {
    // The last line of a traceback is what it is about.
    const text = problem.message.trim().split("\n").at(-1).replace(/^\w+: /, "");
    tell("problem", { text });
  }
};
