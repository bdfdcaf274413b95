import type { Granted, Released, Waiting } from "../../core/effect.ts";

/**
 * An answer in upstream's exact form (docs/protocols/locktopus.md, section 2): the id is a decimal
 * string, the keys have this order, and a newline ends it.
 */
export function answerText(outcome: Waiting | Granted | Released): string {
  switch (outcome.type) {
    case "waiting":
      return `{"id":"${outcome.number}","action":"lock","state":"enqueued"}\n`;
    case "granted":
      return `{"id":"${outcome.number}","action":"lock","state":"acquired"}\n`;
    case "released":
      return `{"id":"${outcome.number}","action":"release","state":"ready"}\n`;
  }
}
