// HEALTHCHECK of the image: ends with 0 where the daemon would answer a call, else with 1 and why.
import { request } from "node:http";

const socketPath = process.env.COMBOT_SOCKET;

function end(status, said) {
  process.stdout.write(`${said}\n`);
  process.exitCode = status;
}

const asked = request({ socketPath, path: "/readyz", timeout: 2500 }, (reply) => {
  reply.setEncoding("utf8");
  let text = "";
  reply.on("data", (chunk) => (text += chunk));
  reply.on("end", () => end(reply.statusCode === 200 ? 0 : 1, text.trim()));
});
asked.on("timeout", () => asked.destroy(new Error("no answer within 2.5 s")));
asked.on("error", (error) => end(1, `${socketPath}: ${error.message}`));
asked.end();
