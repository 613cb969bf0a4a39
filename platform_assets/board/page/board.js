// Puts a newer board in place every few seconds; without scripts the page is reloaded by hand.
const seconds = 5;
const renew = async () => {
  const board = document.querySelector("main");
  try {
    const answer = await fetch("/", {cache: "no-store"});
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("main");
    const selecting = !document.getSelection().isCollapsed;
    const inside = board.contains(document.activeElement);
    if (!selecting && !inside && fresh.innerHTML !== board.innerHTML) board.replaceWith(fresh);
    document.body.classList.remove("lost");
  } catch {
    document.body.classList.add("lost");
  }
};
setInterval(() => { if (!document.hidden) renew(); }, seconds * 1000);
document.addEventListener("visibilitychange", () => { if (!document.hidden) renew(); });
