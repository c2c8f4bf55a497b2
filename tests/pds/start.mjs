// Starts a directory of identities and a PDS with open registration, both on the loopback interface.
// Usage: node start.mjs PLC_PORT PDS_PORT FOLDER; ends when its standard input is closed.
import net from 'node:net'
import plc from '@did-plc/server'
import { PDS } from '@atproto/pds'

const [plcPort, pdsPort, folder] = process.argv.slice(2)

// Neither server can be told an address to listen on.
const listen = net.Server.prototype.listen
net.Server.prototype.listen = function (port, ...more) {
  return listen.call(this, port, '127.0.0.1', ...more)
}

await plc.PlcServer.create({ db: new plc.MockDatabase(), port: Number(plcPort) }).start()
const pds = await PDS.fromEnv({
  port: Number(pdsPort),
  hostname: 'localhost',
  dataDirectory: folder,
  blobstoreDiskLocation: `${folder}/blobs`,
  didPlcUrl: `http://127.0.0.1:${plcPort}`,
  devMode: true,
  inviteRequired: false,
  jwtSecret: 'j'.repeat(32),
  dpopSecret: 'd0'.repeat(32),
  adminPassword: 'admin',
  plcRotationKeyK256PrivateKeyHex: '1f'.repeat(32),
  crawlers: [],
})
await pds.start()
process.stdin.on('end', () => process.exit()).resume()
