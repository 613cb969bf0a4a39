"""The page `/docs`: lists what openapi.json describes, with the golden rows ready to be sent.

It holds all it needs; the browser is told to take nothing from elsewhere and to run no other
script than the one that is in it.
"""

import hashlib
from base64 import b64encode

_STYLE = """
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
details { border: 1px solid #8886; border-radius: 6px; margin: .5rem 0; padding: .4rem .8rem }
summary { cursor: pointer } summary b { display: inline-block; width: 3.5rem }
textarea, pre { box-sizing: border-box; width: 100%; font: 13px/1.4 ui-monospace, monospace }
pre { overflow: auto; max-height: 24rem; background: #8882; padding: .5rem }
button, select, input { font: inherit; margin: .3rem .3rem .3rem 0 }
"""
_SCRIPT = """
const make = (tag, text, owner) => {
  const one = document.createElement(tag);
  if (text !== undefined) one.textContent = text;
  if (owner) owner.append(one);
  return one;
};
const base = location.pathname.replace(/\\/docs\\/*$/, "");
const shown = text => {
  try { return JSON.stringify(JSON.parse(text), null, 2) } catch { return text }
};
const examples = content => Object.entries(content || {}).flatMap(([media, one]) =>
  Object.entries(one.examples || {}).map(([name, example]) => ({media, name, value:
    typeof example.value === "string" ? example.value : JSON.stringify(example.value, null, 2)})));
const tokenHeader = () => {
  const token = document.getElementById("token").value;
  return token ? {authorization: "Bearer " + token} : {};
};
const send = async (path, method, media, body, output) => {
  const headers = media ? {"content-type": media, ...tokenHeader()} : tokenHeader();
  output.textContent = "…";
  try {
    const answer = await fetch(base + path, {method, headers, body});
    const told = ["x-model-version", "x-bundle-digest", "x-request-id"]
      .map(name => name + ": " + answer.headers.get(name));
    output.textContent = [answer.status + " " + answer.statusText, ...told, "",
      shown(await answer.text())].join("\\n");
  } catch (error) { output.textContent = String(error) }
};
const show = (path, method, operation) => {
  const box = make("details", undefined, document.getElementById("operations"));
  const title = make("summary", undefined, box);
  make("b", method.toUpperCase(), title);
  title.append(path + " - " + operation.summary);
  const bodies = examples(operation.requestBody && operation.requestBody.content);
  const choice = make("select"), text = make("textarea"), output = make("pre");
  bodies.forEach((one, index) => {
    make("option", one.name + " (" + one.media + ")", choice).value = index;
  });
  const pick = () => { text.value = bodies[choice.value].value; text.rows = 12 };
  if (bodies.length) { box.append(choice, text); choice.onchange = pick; pick() }
  const button = make("button", "Send", box);
  button.onclick = () => bodies.length
    ? send(path, "POST", bodies[choice.value].media, text.value, output)
    : send(path, "GET", null, undefined, output);
  box.append(output);
};
const load = async () => {
  const answer = await fetch(base + "/openapi.json", {headers: tokenHeader()});
  const api = await answer.json();
  document.getElementById("operations").replaceChildren();
  if (!answer.ok) { document.getElementById("about").textContent = api.error; return }
  document.title = api.info.title;
  document.getElementById("title").textContent = api.info.title + " " + api.info.version;
  document.getElementById("about").textContent = api.info.description;
  for (const [path, item] of Object.entries(api.paths))
    for (const [method, operation] of Object.entries(item)) show(path, method, operation);
};
document.getElementById("token").onchange = load;
load();
"""
PAGE = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Slipway</title>
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
<style>{_STYLE}</style></head>
<body><h1 id="title">Slipway</h1><p id="about"></p>
<label>Token, if one is asked for: <input id="token" type="password" autocomplete="off"></label>
<div id="operations"></div><script>{_SCRIPT}</script></body></html>
""".encode()


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


PAGE_HEADERS = (
    (
        b"content-security-policy",
        (
            f"default-src 'none'; connect-src 'self'; img-src data:; base-uri 'none'; "
            f"form-action 'none'; frame-ancestors 'none'; "
            f"script-src {_hash(_SCRIPT)}; style-src {_hash(_STYLE)}"
        ).encode(),
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)
