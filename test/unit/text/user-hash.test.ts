import { createHmac, randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { userHasher } from "../../../src/daemon/text/user-hash.ts";

test.each([16, 32, 64])("is HMAC-SHA-256 with a key of %i bytes, for users of every length and script", (bytes) => {
  const key = randomBytes(bytes);
  const hashUser = userHasher(key);
  const users = [...Array.from({ length: 257 }, (_, length) => "u".repeat(length)), "Zoë", "用户 7", "👩‍🚀", "\u0000"];
  for (const user of users) {
    expect(hashUser(user)).toBe(createHmac("sha256", key).update(user).digest("hex").slice(0, 16));
  }
});

test("refuses a key that would have to be hashed first", () => {
  expect(() => userHasher(randomBytes(65))).toThrow("65 bytes");
});
