import { defineConfig } from "vitest/config";

/** Unit tests run anywhere in seconds; system tests need root and real namespaces, and run one file at a time. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/system/**"],
          setupFiles: ["test/seed.ts"],
          sequence: { groupOrder: 0 },
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: "system",
          include: ["test/system/**/*.test.ts"],
          fileParallelism: false,
          // After the unit tests, which take every processor there is.
          sequence: { groupOrder: 1 },
          // Real time passes in these; where others share the processors, a test may be starved once.
          retry: process.env.CI ? 1 : 0,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
