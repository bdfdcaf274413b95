import { type Setting, settings } from "./settings.ts";

/** All settings as Markdown, one table for each section. */
export function settingsReference(): string {
  const sections = Map.groupBy(settings, ({ section }) => section);
  return [...sections].map(([title, members]) => table(title, members)).join("\n");
}

function table(title: string, members: readonly Setting[]): string {
  const rows = members.map((setting) => `| ${cells(setting).join(" | ")} |\n`);
  return `### ${title}\n\n| key, flag, variable | default | meaning | allowed |\n| --- | --- | --- | --- |\n${rows.join("")}`;
}

function cells(setting: Setting): readonly string[] {
  return [
    [setting.key, setting.flag, setting.variable].map((name) => `\`${name}\``).join("<br>"),
    formatDefault(setting.default),
    setting.description,
    setting.allowed,
  ];
}

function formatDefault(value: unknown): string {
  if (value === undefined) return "unset";
  return Array.isArray(value) && value.length === 0 ? "none" : `\`${String(value)}\``;
}
