# language: de
Funktionalität: Verbindung zum Warehouse
  Jeder Lauf prüft zuerst, ob das Warehouse antwortet. Was vorübergehen kann, wird noch zweimal versucht;
  was nur ein Mensch beheben kann, scheitert sofort und sagt, woran es liegt.

  Grundlage:
    Angenommen das System "tripica" baut 3 Zeilen

  Szenario: Das Warehouse antwortet
    Wenn der Tageslauf läuft
    Dann sollte der Tageslauf gelingen
    Und die Aufgabe "preflight" sollte 1-mal versucht worden sein
    Und das Protokoll sollte "The warehouse answers: PostgreSQL" enthalten
    Und das Protokoll sollte "role 'billing_aggregator'" enthalten
    Und es sollte keine Verbindung zum Warehouse offen bleiben

  Szenario: Die Verbindung gelingt beim zweiten Versuch
    Angenommen das Warehouse nimmt Verbindungen erst nach dem ersten Versuch wieder an
    Wenn der Tageslauf läuft
    Dann sollte der Tageslauf gelingen
    Und die Aufgabe "preflight" sollte 2-mal versucht worden sein

  Szenario: Nach drei vergeblichen Versuchen gibt der Lauf auf
    Angenommen das Warehouse ist nicht erreichbar
    Wenn der Tageslauf läuft
    Dann sollte der Tageslauf scheitern
    Und die Aufgabe "preflight" sollte 3-mal versucht worden sein
    Und der Fehler der Aufgabe "preflight" sollte "Connection refused" enthalten
    Und die Aufgabe "tripica.init.500_build" sollte nicht gelaufen sein
    Und der Bucket sollte leer sein

  Szenario: Ein falsches Kennwort wird nicht noch einmal versucht
    Angenommen die Einstellung "BDA_DB_PASSWORD" ist "falsches-Kennwort"
    Wenn der Tageslauf läuft
    Dann sollte der Tageslauf scheitern
    Und die Aufgabe "preflight" sollte 1-mal versucht worden sein
    Und der Fehler der Aufgabe "preflight" sollte "password authentication failed" enthalten
    Und der Fehler der Aufgabe "preflight" sollte "falsches-Kennwort" nicht enthalten

  Szenario: Außerhalb der lokalen Umgebung wird eine verschlüsselte Verbindung verlangt
    Angenommen die Einstellung "BDA_ENVIRONMENT" ist "prod"
    Wenn der Tageslauf läuft
    Dann sollte der Tageslauf scheitern
    Und die Aufgabe "preflight" sollte 1-mal versucht worden sein
    Und der Fehler der Aufgabe "preflight" sollte "server does not support SSL" enthalten

  Szenario: Bricht die Verbindung mitten in einem Skript ab, läuft das Skript noch einmal
    Angenommen das Skript "init/tripica/600_verbindungsabbruch.sql":
      """
      update report_oibl.tripica_results set amount = amount + 100;
      """
    Und die Verbindung bricht beim ersten Lauf des Skripts "init/tripica/600_verbindungsabbruch.sql" ab
    Wenn der Tageslauf läuft
    Dann sollte der Tageslauf gelingen
    Und die Aufgabe "tripica.init.600_verbindungsabbruch" sollte 2-mal versucht worden sein
    Und die Datei "enercity/local/tripica_tripica_results_0000.csv" sollte diesen Inhalt haben:
      """
      id,amount
      1,101.10
      2,102.20
      3,103.30
      """

  Szenario: Es laufen nie mehr Aufgaben zugleich, als Verbindungen erlaubt sind
    Angenommen das System "bookkeeper" baut 3 Zeilen
    Und die Einstellung "BDA_DB_MAX_CONNS" ist "2"
    Wenn der Tageslauf läuft
    Dann sollte der Tageslauf gelingen
    Und Airflow sollte höchstens 2 Aufgaben des Laufs zugleich starten
