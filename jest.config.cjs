/** Tests run as CommonJS through swc; packages that ship ES modules only are transformed too. */
const esModules = ["jose", "croner", "realm-web"];

module.exports = {
  testEnvironment: "node",
  testMatch: ["<rootDir>/tests/**/*.test.ts"],
  transform: {
    "^.+\\.[cm]?[jt]s$": [
      "@swc/jest",
      {
        jsc: { target: "es2022", parser: { syntax: "typescript" } },
        module: { type: "commonjs" },
      },
    ],
  },
  transformIgnorePatterns: [`/node_modules/(?!(${esModules.join("|")})/)`],
  modulePathIgnorePatterns: ["<rootDir>/app/"],
  testTimeout: 30000,
};
