import { busSuite } from "./bus.suite.ts";
import { createLocalBus } from "./local.ts";

busSuite("local", createLocalBus);
