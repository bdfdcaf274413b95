import type { Granted, Released, Waiting } from "../../core/effect.ts";

/**
 * An answer, exactly as upstream writes it (docs/protocols/locktopus.md, section 2): the id is a
 * decimal string, the keys stand in this order, a newline ends it.
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
