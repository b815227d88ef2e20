// One ali-oss call per line of stdin, one answer per line of stdout; JSON both ways, with bytes as JSON.stringify
// writes a Buffer. A call: {"options": for the client, "method": "put", "args": [...]}.
"use strict";
const OSS = require("ali-oss");
const lines = require("readline").createInterface({ input: process.stdin });

const bytes = (_, value) => (value && value.type === "Buffer" ? Buffer.from(value.data) : value);

async function call({ options, method, args }) {
  const answer = await new OSS(options)[method](...args);
  if (typeof answer !== "object") return { result: answer };
  const { res, ...result } = answer;
  return { result, headers: res && res.headers };
}

(async () => {
  for await (const line of lines) {
    const answer = await call(JSON.parse(line, bytes)).catch(({ code, status, message }) => ({
      error: { code, status, message },
    }));
    process.stdout.write(JSON.stringify(answer) + "\n");
  }
})();
