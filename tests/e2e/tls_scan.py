#!/usr/bin/env -S python3 -B
"""tls_scan.py: testssl.sh looks at the client's side, by STARTTLS and with implicit TLS: no protocol below TLS 1.2, no
vulnerability, no weak cipher; whatever else it remarks is explained below. Takes a minute and a half."""
import fnmatch
import json

import lab
import tls_lab
from tls_lab import NAME

CHECKS = ("--protocols", "--std", "--fs", "--server-defaults", "--server-preference", "--vulnerable")

# What must have been looked at: fields of testssl's report, and how their finding begins.
FINDINGS = {
    "SSLv2": "not offered", "SSLv3": "not offered", "TLS1": "not offered", "TLS1_1": "not offered", "TLS1_2": "offered",
    "TLS1_3": "offered", "cipherlist_NULL": "not offered", "cipherlist_aNULL": "not offered",
    "cipherlist_EXPORT": "not offered", "heartbleed": "not vulnerable", "CCS": "not vulnerable",
    "ROBOT": "not vulnerable", "secure_renego": "supported", "secure_client_renego": "not vulnerable",
    "CRIME_TLS": "not vulnerable", "POODLE_SSL": "not vulnerable", "SWEET32": "not vulnerable",
    "FREAK": "not vulnerable", "DROWN": "not vulnerable", "LOGJAM": "not vulnerable", "BEAST": "not vulnerable",
    "LUCKY13": "not vulnerable", "RC4": "not vulnerable",
}

# Remarks that may remain, worse than INFO, and why; the last three are of newer releases than 3.0.
REMARKS = {
    "engine_problem": "openssl has no GOST: a property of the machine that looks",
    "service": "it looks for HTTP on the port of implicit TLS",
    "cert_revocation*": "the authority of the tests publishes no revocations",
    "sessionresumption_ticket": "with implicit TLS it hangs up before the greeting, with which the ticket is sent",
    "FS_KEMs": "mbedTLS 3.6 knows no key exchange that resists quantum computers",
    "TLS_misses_extension_23": "with implicit TLS it asks for it along with HTTP's ALPN, which is refused; it is there",
    "starttls_injection": "it would need socat; tls_handshake.py injects by hand",
}


class Scan(tls_lab.Case):
    def scan(self, port, *how):
        """testssl's report: a list of findings."""
        report = self.folder("scan") / "report.json"
        done = lab.run("testssl", "--quiet", "--color", "0", "--warnings", "off", "--nodns", "none", "--add-ca",
                       self.pki["ca.pem"], "--jsonfile", report, "--ip", lab.HOST, *CHECKS, *how, f"{NAME}:{port}",
                       seconds=280)
        self.assertTrue(report.exists(), f"{done.stdout}\n{done.stderr}")
        return json.loads(report.read_text())

    def looks_well(self, report):
        found = {row["id"]: row["finding"] for row in report}
        for field, finding in FINDINGS.items():
            with self.subTest(field):
                self.assertRegex(found.get(field, "nothing"), f"^{finding}")
        remarks = [f"{row['severity']} {row['id']}: {row['finding']}" for row in report
                   if row["severity"] not in ("OK", "INFO") and
                   not any(fnmatch.fnmatch(row["id"], known) for known in REMARKS)]
        self.assertEqual(remarks, [])

    def test_starttls(self):
        proxy = self.proxy(["starttls"], [self.sink().port])
        self.looks_well(self.scan(proxy.port, "--starttls", "smtp"))

    def test_implicit(self):
        proxy = self.proxy(["implicit"], [self.sink().port])
        self.looks_well(self.scan(proxy.port))


if __name__ == "__main__":
    lab.main("testssl", "openssl")
