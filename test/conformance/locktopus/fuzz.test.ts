import { fuzzTest } from "../../../testing/fuzz/fuzz-test.ts";
import { locktopusFuzz } from "../../../testing/fuzz/locktopus.ts";

fuzzTest("a damaged message of Locktopus has an answer, or an error with its close", locktopusFuzz);
