import type { Mutant } from "./mutant.ts";
import { budgetMutants } from "./tables/budgets.ts";
import { connectionMutants } from "./tables/connections.ts";
import { fullDiskMutants } from "./tables/full-disk.ts";
import { lockMutants } from "./tables/locks.ts";
import { logMutants } from "./tables/log.ts";
import { nodeMutants } from "./tables/nodes.ts";
import { peerMutants } from "./tables/peers.ts";
import { pipeMutants } from "./tables/pipes.ts";
import { snapshotMutants } from "./tables/snapshots.ts";
import { taskMutants } from "./tables/tasks.ts";
import { timeMutants } from "./tables/time.ts";
import { userMutants } from "./tables/users.ts";

export const mutants: readonly Mutant[] = [
  ...lockMutants,
  ...timeMutants,
  ...nodeMutants,
  ...connectionMutants,
  ...peerMutants,
  ...logMutants,
  ...snapshotMutants,
  ...budgetMutants,
  ...fullDiskMutants,
  ...userMutants,
  ...pipeMutants,
  ...taskMutants,
];
