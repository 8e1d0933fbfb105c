// Keys as WeChat Pay's platform has them: a certificate with a serial number, or a public key with an id.
import { generateKeyPairSync, randomBytes } from "node:crypto";

import forge from "node-forge";

function newKeyPair() {
  return generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
  });
}

/** `id` goes into Wechatpay-Serial. */
export function newPublicKey() {
  const { publicKey, privateKey } = newKeyPair();
  return { id: `PUB_KEY_ID_${randomBytes(16).toString("hex").toUpperCase()}`, privateKey, pem: publicKey };
}

export function newCertificate() {
  const { publicKey, privateKey } = newKeyPair();
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(publicKey);
  certificate.serialNumber = `5a${randomBytes(19).toString("hex")}`;
  certificate.validity.notBefore = new Date(Date.now() - 86_400_000);
  certificate.validity.notAfter = new Date(Date.now() + 86_400_000);
  const name = [{ name: "commonName", value: "Tenpay.com sign" }];
  certificate.setSubject(name);
  certificate.setIssuer(name);
  certificate.sign(forge.pki.privateKeyFromPem(privateKey), forge.md.sha256.create());
  return {
    id: certificate.serialNumber.toUpperCase(),
    privateKey,
    pem: forge.pki.certificateToPem(certificate),
  };
}
