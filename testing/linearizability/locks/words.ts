/**
 * Operations in words, as they stand in drawings and in `known/*.txt`:
 *
 *   7: lock write jobs, read a/b  through an API in which one waits; 7 is the name of the request
 *   8: try jobs                   a place at `jobs`, at once or not at all; `try jobs size 3 lease 1000`
 *   hear 7                        listens whether its turn has come
 *   release 7                     by its own session; or leaves the line
 *   unlock 8                      by its key
 *   renew 8 1000                  for so many ms from now on, by its key
 *   end                           its session
 *   hang up                       the connection is lost
 *   crash                         of the server, which is started again
 */
import type { Claim } from "../../../src/core/command.ts";
import type { Words } from "../drawing.ts";
import type { Ask, AskAnswer, Hear, LockOperation } from "./operation.ts";
import { type LockState, never } from "./state.ts";

export const lockWords: Words<LockState, LockOperation> = {
  asked: writeAsked,
  answered: writeAnswer,
  state: writeState,
};

function writeAsked(operation: LockOperation): string {
  switch (operation.type) {
    case "ask":
      return writeAsk(operation);
    case "hear":
      return `hear ${operation.request}`;
    case "release":
      return `${operation.by === "session" ? "release" : "unlock"} ${operation.request}`;
    case "renew":
      return `renew ${operation.request} ${operation.leaseMs}`;
    case "end_session":
      return "end";
    case "lose_connection":
      return "hang up";
    case "crash":
      return "crash";
  }
}

/** `undefined`: it has none. */
function writeAnswer({ answer }: LockOperation): string | undefined {
  return typeof answer === "object" ? writeAnswerObject(answer) : answer;
}

function writeAnswerObject(answer: AskAnswer | NonNullable<Hear["answer"]>): string {
  const number = "number" in answer ? ` #${answer.number}` : "";
  const token = "token" in answer ? ` token ${answer.token}` : "";
  return `${answer.type}${number}${token}`;
}

function writeAsk({ request, claims, isWaiting, leaseMs }: Ask): string {
  const lease = leaseMs === undefined ? "" : ` lease ${leaseMs}`;
  return `${request}: ${isWaiting ? "lock" : "try"} ${claims.map(writeClaim).join(", ")}${lease}`;
}

function writeClaim(claim: Claim): string {
  const path = claim.path.join("/") || "/";
  if (claim.mode === "slot") return claim.size === 1 ? path : `${path} size ${claim.size}`;
  return `${claim.mode === "shared" ? "read" : "write"} ${path}`;
}

/** Who holds and who waits, in line, and what can only grow. */
function writeState({ line, lastNumber, lastToken }: LockState): readonly string[] {
  const requests = line.map(({ request, claims, isGranted, endsFrom }) => {
    const lease = endsFrom === never ? "" : ", on a lease";
    return `${request} ${isGranted ? "holds" : "waits for"} ${claims.map(writeClaim).join(", ")}${lease}`;
  });
  return [
    ...(line.length === 0 ? ["nobody holds anything"] : requests),
    ...(lastNumber === 0 ? [] : [`the last number that was told is #${lastNumber}`]),
    ...(lastToken === 0 ? [] : [`the last token that was told is ${lastToken}`]),
  ];
}
