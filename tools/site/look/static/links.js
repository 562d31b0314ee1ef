// The landing page's form: links for Binder and for nbgitpuller, from the address where the lessons live.
"use strict";

// Where a repository is: its address for git clone, its last name, and host and path for Binder. A word of what is wrong
// instead, as {wrong}. Takes an address as a browser shows it (also of a branch or a file), or as git clone takes it.
function repositoryAt(text) {
  let address = text.trim();
  const ssh = address.match(/^(?:ssh:\/\/)?git@([^:/]+)[:/](.+)$/);
  if (ssh) address = `https://${ssh[1]}/${ssh[2]}`;
  const url = addressOf(address);
  if (!url) return { wrong: "That is no address of a repository." };
  let path = url.pathname.replace(/^\/+|\/+$/g, "");
  let branch = "";
  const page = path.match(/^(.+?)\/(?:-\/)?(?:tree|blob)\/([^/]+)/); // a page of GitHub or GitLab that shows a branch
  if (page) [, path, branch] = page;
  path = path.replace(/\.git$/, "");
  if (url.hostname === "github.com") path = path.split("/").slice(0, 2).join("/");
  const names = path.split("/").filter(Boolean);
  if (names.length < 2) return { wrong: "The address of a repository has a name and a repository behind the host." };
  return { clone: `${url.origin}/${path}`, host: url.hostname, path, name: names.at(-1), branch: decodeURIComponent(branch) };
}

// A URL with https:// put before it where it is missing, or null.
function addressOf(text) {
  try {
    const url = new URL(/^[a-z]+:\/\//i.test(text) ? text : `https://${text}`);
    return /^https?:$/.test(url.protocol) && /[.:]|^localhost$/.test(url.host) ? url : null;
  } catch {
    return null;
  }
}

// mybinder.org: gh and gl know their hosts, git takes any address. HEAD is the branch that the repository itself has chosen.
function binderLink(repository, branch, lesson) {
  const { clone, host, path } = repository;
  const where = { "github.com": `gh/${path}`, "gitlab.com": `gl/${encodeURIComponent(path)}` }[host];
  const at = encodeURIComponent(branch || "HEAD");
  const opens = encodeURIComponent(`lab/tree/notebooks/${lesson}.ipynb`);
  return `https://mybinder.org/v2/${where ?? `git/${encodeURIComponent(clone)}`}/${at}?urlpath=${opens}`;
}

// nbgitpuller puts the repository into a folder of its name in the student's home, and opens a file in it.
function hubLink(hub, repository, branch, lesson) {
  const link = new URL("hub/user-redirect/git-pull", hub.href.replace(/\/*$/, "/"));
  link.searchParams.set("repo", repository.clone);
  if (branch) link.searchParams.set("branch", branch);
  link.searchParams.set("urlpath", `lab/tree/${repository.name}/notebooks/${lesson}.ipynb`);
  return link.href;
}

function show(id, link, instead) {
  const output = document.getElementById(id);
  output.textContent = link || instead;
  output.classList.toggle("is-link", Boolean(link));
  document.querySelector(`[data-copies="${id}"]`).disabled = !link;
}

function makeLinks() {
  const [address, branch, lesson, hub] = ["repository", "branch", "lesson", "hub"].map(
    (name) => document.getElementById(`links-${name}`).value.trim(),
  );
  const repository = address ? repositoryAt(address) : { wrong: "Needs the address of the repository." };
  const wanted = branch || repository.branch;
  show("links-binder", repository.wrong ? "" : binderLink(repository, wanted, lesson), repository.wrong);
  const place = hub ? addressOf(hub) : null;
  const wrong = repository.wrong || (hub ? "That is no address of a hub." : "Needs the address of your hub.");
  show("links-nbgitpuller", repository.wrong || !place ? "" : hubLink(place, repository, wanted, lesson), wrong);
}

async function copy(button) {
  const output = document.getElementById(button.dataset.copies);
  const said = document.getElementById("links-said");
  try {
    await navigator.clipboard.writeText(output.textContent);
    said.textContent = "Copied.";
  } catch {
    // A page opened as a file, or without https, may not write to the clipboard.
    getSelection().selectAllChildren(output);
    said.textContent = "Marked: press Ctrl+C to copy.";
  }
}

const form = document.getElementById("links");
form.addEventListener("input", () => {
  document.getElementById("links-said").textContent = "";
  makeLinks();
});
form.addEventListener("submit", (event) => event.preventDefault());
form.querySelectorAll("[data-copies]").forEach((button) => button.addEventListener("click", () => copy(button)));
makeLinks();
