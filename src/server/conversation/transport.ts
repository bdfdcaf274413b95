import type { Ending } from "../../protocols/conversation.ts";

/** What carries the output of one conversation to its peer. */
export interface Transport<Output> {
  /** Returns whether the output can still arrive. */
  send(output: Output): boolean;
  /** Ends the connection behind what was sent. */
  end(ending: Ending): void;
  /** Stops taking from the peer; what has arrived already may still come. */
  pause(): void;
  resume(): void;
  /** Counts bytes that the server keeps for the peer from now on; negative: that it no longer keeps. */
  keep(bytes: number): void;
  /** Counts answers that are under way from now on, because the log has to take something first; negative: that have been given. */
  expect(answers: number): void;
  /** Counts work of the event loop that the peer has caused and that comes later, in ms. */
  charge(ms: number): void;
}

/** One conversation, as its transport drives it. */
export interface Seat<Said> {
  receive(said: Said): void;
  /** What arrives now waits until something that the peer has said before is done. */
  isHeldBack(): boolean;
  /** Something has arrived that is no message of the protocol, and that the transport has refused already. */
  refused(): void;
  /** The peer has ended its side and may still read. */
  finished(): void;
  /** The connection has ended, for whatever reason. */
  closed(): void;
}
