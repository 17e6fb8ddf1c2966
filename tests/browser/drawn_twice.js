// Each post of the wall as the server has written it and as the page's script draws it: [there, drawn], to be compared.
async () => {
  const { article } = await import(document.querySelector("script[type=module]").src.replace("reader.js", "article.js"));
  const { items } = await (await fetch("/api/v1/wall")).json();
  const said = (node) => [
    node.tagName,
    ...[...node.attributes].map(({ name, value }) => `${name}=${value}`).sort(),
    ...[...node.childNodes].flatMap((child) => (child.nodeType === Node.ELEMENT_NODE ? said(child) : child.data)),
  ];
  const bare = (node) => {
    for (const time of node.querySelectorAll("time")) {
      time.textContent = "";
      time.removeAttribute("title");
      time.dateTime = time.dateTime.slice(0, 19); // the page says whole seconds
    }
    for (const name of ["aria-posinset", "aria-setsize"]) node.removeAttribute(name);
    node.normalize();
    const walk = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
    const blank = [];
    while (walk.nextNode()) if (!walk.currentNode.data.trim() && walk.currentNode.parentElement.tagName !== "P") blank.push(walk.currentNode);
    for (const text of blank) text.remove();
    return said(node).join("\n");
  };
  const there = new Map([...document.querySelectorAll("#feed > article")].map((node) => [node.dataset.post, bare(node.cloneNode(true))]));
  return items.map((item) => [there.get(item.id), bare(article(item))]);
}
