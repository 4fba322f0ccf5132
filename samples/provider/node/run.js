// SECATEUR_LIBRARY=libsecateur.so node run.js MODEL: runs it with Secateur's provider on an input of 8 rows and prints what comes out.
const ort = require('onnxruntime-node');
require('./secateur.node'); // after onnxruntime-node, before the first session

async function main() {
  const session = await ort.InferenceSession.create(process.argv[2]);
  const x = new ort.Tensor('float32', Float32Array.from({ length: 8 * 64 }, (_, i) => ((i % 7) - 3) / 4), [8, 64]);
  const { y } = await session.run({ x });
  for (const value of y.data) console.log(value);
}

main().catch((fault) => { console.error(fault.message); process.exitCode = 1; });
