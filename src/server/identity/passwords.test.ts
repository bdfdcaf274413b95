import assert from "node:assert/strict";
import { test } from "node:test";
import { createPasswords } from "./passwords.ts";

test("a record has its password, and no other", async () => {
  const passwords = createPasswords();
  const record = await passwords.recordOf("пароль 🔑");
  assert.match(record, /^\$argon2id\$v=19\$m=12288,t=3,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
  assert.equal(await passwords.isRight("пароль 🔑", record), true);
  assert.equal(await passwords.isRight("пароль", record), false);
  assert.equal(await passwords.isRight("", record), false);
  assert.equal(passwords.isOutdated(record), false);
});

test("two records of one password share nothing", async () => {
  const passwords = createPasswords();
  const [a, b] = await Promise.all([passwords.recordOf("same"), passwords.recordOf("same")]);
  assert.notEqual(a.split("$")[4], b.split("$")[4]);
  assert.notEqual(a.split("$")[5], b.split("$")[5]);
});

const published = [
  {
    what: "the tests of the reference implementation of Argon2",
    record:
      "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
    password: "password",
  },
  {
    what: "scrypt of RFC 7914, section 12",
    record:
      "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw",
    password: "pleaseletmein",
  },
];

for (const { what, record, password } of published) {
  test(`a record of ${what} has its password, and is outdated`, async () => {
    const passwords = createPasswords();
    assert.equal(await passwords.isRight(password, record), true);
    assert.equal(await passwords.isRight(`${password} `, record), false);
    assert.equal(passwords.isOutdated(record), true);
  });
}

test("without a record no password is right", async () => {
  const passwords = createPasswords();
  assert.equal(await passwords.isRight("", undefined), false);
  assert.equal(await passwords.isRight("root", undefined), false);
});

test("of logins that come at once few are worked on, and all get their answer", async () => {
  const passwords = createPasswords(1);
  const record = await passwords.recordOf("right");
  const tries = Array.from({ length: 20 }, (_, place) => (place % 2 === 0 ? "right" : `w${place}`));
  const answers = await Promise.all(tries.map((each) => passwords.isRight(each, record)));
  assert.deepEqual(
    answers,
    tries.map((each) => each === "right"),
  );
});

test("a record of an unknown kind is of no password", async () => {
  const passwords = createPasswords();
  for (const record of ["", "x", "$bcrypt$v=98$r=10$c2FsdA$aGFzaA"]) {
    assert.equal(await passwords.isRight("x", record), false, record);
  }
});
