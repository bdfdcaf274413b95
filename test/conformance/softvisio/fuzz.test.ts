import { fuzzTest } from "../../../testing/fuzz/fuzz-test.ts";
import { softvisioFuzz } from "../../../testing/fuzz/softvisio.ts";

fuzzTest("a damaged call of softvisio has one answer, or none, and leaves nothing", softvisioFuzz);
