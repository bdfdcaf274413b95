import { fuzzTest } from "../../../testing/fuzz/fuzz-test.ts";
import { nexusFuzz } from "../../../testing/fuzz/nexus.ts";

fuzzTest("damaged calls of Nexus have an answer each at most, and leave nothing", nexusFuzz, 2_000);
