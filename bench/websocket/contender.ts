import { type Contender, echo, holdfasts } from "../contender.ts";

const file = new URL("echo.ts", import.meta.url);

export const bareEcho: Contender = echo("ws echo", file, ["ws"]);
export const listenerEcho: Contender = echo("listener echo", file, ["listener"]);

export const contenders: readonly Contender[] = [bareEcho, listenerEcho, ...holdfasts];
