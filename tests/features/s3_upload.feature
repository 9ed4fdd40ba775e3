# language: de
Funktionalität: Hochladen nach S3
  Dateien werden erst sichtbar, wenn alle vollständig sind. Was vorübergehen kann, wird wiederholt; was nur ein
  Mensch beheben kann, scheitert sofort. Ein gescheiterter Export lässt den letzten guten, wie er war.

  Szenario: Die Dateien liegen unter Mandant und Umgebung, mit einem Manifest
    Wenn ich 5 Zeilen in Dateien zu 2 Zeilen hochlade
    Dann sollten im Bucket diese Dateien liegen:
      | Datei                                                |
      | enercity/prod/tripica_tripica_results.manifest.json  |
      | enercity/prod/tripica_tripica_results_0000.csv       |
      | enercity/prod/tripica_tripica_results_0001.csv       |
      | enercity/prod/tripica_tripica_results_0002.csv       |
    Und das Manifest sollte Zeilen, Bytes und SHA-256 jeder Datei richtig nennen
    Und jede CSV-Datei sollte den Typ "text/csv; charset=utf-8" haben

  Szenario: Nach zwei Störungen gelingt der dritte Versuch
    Angenommen S3 beantwortet die nächsten 2 Teile mit dem Fehler 503
    Wenn ich 5 Zeilen in Dateien zu 5 Zeilen hochlade
    Dann sollte das Hochladen gelingen
    Und der Teil sollte 3-mal gesendet worden sein

  Szenario: Nach drei vergeblichen Versuchen bleibt der letzte Export, wie er war
    Angenommen ich habe 4 Zeilen in Dateien zu 2 Zeilen hochgeladen
    Und S3 beantwortet jeden Teil mit dem Fehler 503
    Wenn ich 5 Zeilen in Dateien zu 2 Zeilen hochzuladen versuche
    Dann sollte das Hochladen scheitern und von Airflow wiederholt werden
    Und der Fehler sollte "SlowDown" enthalten
    Und alle Dateien sollten unverändert sein
    Und es sollte kein Hochladen offen bleiben

  Szenario: Fehlende Rechte werden nicht noch einmal versucht
    Angenommen ich habe 4 Zeilen in Dateien zu 2 Zeilen hochgeladen
    Und S3 beantwortet jeden Teil mit dem Fehler 403
    Wenn ich 5 Zeilen in Dateien zu 5 Zeilen hochzuladen versuche
    Dann sollte das Hochladen sofort scheitern
    Und der Fehler sollte "AccessDenied" enthalten
    Und der Fehler sollte "s3://" enthalten
    Und der Teil sollte 1-mal gesendet worden sein
    Und alle Dateien sollten unverändert sein

  Szenario: Ein falscher Schlüssel wird nicht noch einmal versucht
    Angenommen der geheime Schlüssel ist falsch
    Wenn ich 5 Zeilen in Dateien zu 5 Zeilen hochzuladen versuche
    Dann sollte das Hochladen sofort scheitern
    Und der Fehler sollte "SignatureDoesNotMatch" enthalten

  Szenario: Ohne Schlüssel gelten die Zugangsdaten der Rolle
    Angenommen es sind keine Schlüssel gesetzt
    Und die Umgebung gibt der Rolle Zugangsdaten
    Wenn ich 5 Zeilen in Dateien zu 5 Zeilen hochlade
    Dann sollte das Hochladen gelingen
    Und die Zugangsdaten sollten von der Umgebung geholt worden sein

  Szenario: Während des Hochladens ist noch nichts zu sehen
    Angenommen bei jedem Teil wird nachgesehen, was im Bucket liegt
    Wenn ich 5 Zeilen in Dateien zu 2 Zeilen hochlade
    Dann sollte das Hochladen gelingen
    Und beim Nachsehen sollte jedes Mal nichts zu sehen gewesen sein

  Szenario: Was ein abgebrochener Versuch offen ließ, wird aufgeräumt
    Angenommen ein abgebrochener Versuch hat ein Hochladen offen gelassen
    Wenn ich 5 Zeilen in Dateien zu 5 Zeilen hochlade
    Dann sollte das Hochladen gelingen
    Und es sollte kein Hochladen offen bleiben

  Szenario: Ein fehlender Bucket fällt vor dem ersten Skript auf
    Angenommen das System "tripica" baut 3 Zeilen
    Und die Einstellung "BDA_S3_BUCKET" ist "gibt-es-nicht"
    Wenn der Tageslauf läuft
    Dann sollte der Tageslauf scheitern
    Und die Aufgabe "preflight" sollte 1-mal versucht worden sein
    Und der Fehler der Aufgabe "preflight" sollte "s3://gibt-es-nicht" enthalten
    Und die Aufgabe "tripica.init.500_build" sollte nicht gelaufen sein
