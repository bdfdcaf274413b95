import type { HttpRequest, HttpResponse } from "../protocols/protocol.ts";
import { apis } from "./apis/mod.ts";

/** The content of the page at `/`, for a terminal as text and for a browser with links. */
export interface StatusPage {
  readonly version: string;
  readonly node: string;
  /** The status in `/readyz`. */
  readonly status: string;
  readonly durability: string;
  readonly locksHeld: number;
  readonly waiters: number;
  readonly sessions: number;
}

const links = [
  ["/healthz", "whether the process is alive, and what is wrong with it"],
  ["/readyz", "whether it accepts work"],
  ["/metrics", "Prometheus metrics"],
  ...apis.flatMap((api) => api.links),
] as const;

const hints = apis.flatMap((api) => api.hints);

/** The form of the page: HTML for a browser, else text. */
export type PageForm = "html" | "plain";

export function pageForm({ headers }: HttpRequest): PageForm {
  return (headers.accept ?? "").includes("text/html") ? "html" : "plain";
}

export function statusPage(form: PageForm, page: StatusPage): HttpResponse {
  return {
    status: 200,
    headers: {
      "Content-Type": `text/${form}; charset=utf-8`,
      "Access-Control-Allow-Origin": "*",
      "Cache-Control": "no-store",
      "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
      Vary: "Accept",
    },
    body: form === "html" ? html(page) : text(page),
  };
}

function facts(page: StatusPage): readonly (readonly [string, string])[] {
  return [
    ["node", page.node],
    ["status", page.status],
    ["durability", page.durability],
    ["locks held", `${page.locksHeld}`],
    ["waiters", `${page.waiters}`],
    ["sessions", `${page.sessions}`],
  ];
}

function text(page: StatusPage): string {
  const rows = [...facts(page), ["", ""], ...hints, ["", ""], ...links];
  const lines = rows.map(([name, value]) => (name === "" ? "" : `  ${name?.padEnd(26)}${value}`));
  return [`Holdfast ${page.version}`, "", ...lines, ""].join("\n");
}

function html(page: StatusPage): string {
  const row = ([name, value]: readonly string[]) =>
    `<tr><td>${escapeHtml(name ?? "")}</td><td>${escapeHtml(value ?? "")}</td></tr>`;
  const link = ([path, meaning]: readonly [string, string]) =>
    `<li><a href="${escapeHtml(path)}">${escapeHtml(path)}</a> ${escapeHtml(meaning)}</li>`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Holdfast</title>
<style>body{font:16px system-ui;margin:2rem;max-width:44rem}td{padding:.15rem 1rem .15rem 0}</style>
<h1>Holdfast ${escapeHtml(page.version)}</h1>
<table>${facts(page).map(row).join("")}</table>
<h2>APIs</h2>
<table>${hints.map(row).join("")}</table>
<h2>Operating</h2>
<ul>${links.map(link).join("")}</ul>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
