// A mail server of other people's making (smtp-server), with TLS, accounts and moods; its mails are read by postal-mime.
import { once } from "node:events";
import { generateKeyPairSync } from "node:crypto";

import forge from "node-forge";
import PostalMime from "postal-mime";
import { SMTPServer } from "smtp-server";

import { Arrivals } from "./arrivals.js";

/** A certificate for 127.0.0.1 that is its own authority. */
export function newServerCertificate() {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
  });
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(publicKey);
  certificate.serialNumber = "01";
  certificate.validity.notBefore = new Date(Date.now() - 86_400_000);
  certificate.validity.notAfter = new Date(Date.now() + 86_400_000);
  const name = [{ name: "commonName", value: "mail.example" }];
  certificate.setSubject(name);
  certificate.setIssuer(name);
  certificate.setExtensions([
    { name: "basicConstraints", cA: true },
    { name: "subjectAltName", altNames: [{ type: 7, ip: "127.0.0.1" }] },
  ]);
  certificate.sign(forge.pki.privateKeyFromPem(privateKey), forge.md.sha256.create());
  return { key: privateKey, cert: forge.pki.certificateToPem(certificate) };
}

function refusal(code, text) {
  return Object.assign(new Error(text), { responseCode: code });
}

export class MailServer {
  mails = []; // {from, to, raw, tls, user}, taken or not
  logins = []; // {user, tls}
  #server;
  #arrivals = new Arrivals();

  /**
   * `mood(nth)` says what becomes of the nth mail: "take", "drop" (the connection is lost after the final dot), "hang",
   * or the code that it is refused with. `recipient(address)` gives the code that one is refused with, or nothing.
   */
  static async start({ certificate, account, implicit = false, starttls = true, mood = () => "take", recipient = () => 0 }) {
    const mail = new MailServer();
    mail.#server = new SMTPServer({
      key: certificate.key,
      cert: certificate.cert,
      secure: implicit,
      hideSTARTTLS: !starttls,
      disabledCommands: starttls ? [] : ["STARTTLS"],
      authOptional: !account,
      logger: false,
      onAuth(auth, session, callback) {
        mail.logins.push({ user: auth.username, tls: session.secure });
        const isRight = auth.username === account?.user && auth.password === account?.password;
        callback(isRight ? null : refusal(535, "Error: authentication failed"), { user: auth.username });
      },
      onRcptTo({ address }, session, callback) {
        const code = recipient(address);
        callback(code ? refusal(code, `no ${address} here`) : null);
      },
      onData(stream, session, callback) {
        const chunks = [];
        stream.on("data", (chunk) => chunks.push(chunk));
        stream.on("end", () => {
          const { mailFrom, rcptTo } = session.envelope;
          const what = mood(mail.mails.length + 1);
          mail.mails.push({
            from: mailFrom.address,
            to: rcptTo.map((each) => each.address),
            raw: Buffer.concat(chunks),
            tls: session.secure,
            user: session.user,
          });
          mail.#arrivals.look();
          if (what === "take") return callback(null, "taken");
          if (what === "drop") return mail.#drop();
          if (what !== "hang") callback(refusal(what, "not now"));
        });
      },
    });
    mail.#server.on("error", () => {}); // broken connections are part of it
    const listening = mail.#server.listen(0, "127.0.0.1");
    await once(listening, "listening");
    mail.port = listening.address().port;
    return mail;
  }

  #drop() {
    for (const connection of this.#server.connections) connection._socket.destroy();
  }

  /** The nth mail, parsed, once it is there. */
  async mail(nth) {
    await this.#arrivals.until(
      () => this.mails.length >= nth,
      () => `${this.mails.length} mails came`,
    );
    const mail = this.mails[nth - 1];
    return { ...mail, parsed: await PostalMime.parse(mail.raw) };
  }

  async stop() {
    this.#drop();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
