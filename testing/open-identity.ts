import { type Identity, nobody } from "../src/protocols/identity.ts";

/** Admits everybody. */
export const openIdentity: Identity = {
  authenticate: () => ({ type: "admitted", principal: nobody }),
  isCurrent: () => true,
};
