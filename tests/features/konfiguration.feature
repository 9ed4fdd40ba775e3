# language: de
Funktionalität: Konfiguration
  Der Betrieb wird allein über Umgebungsvariablen eingestellt. Fehlt etwas oder ist etwas falsch,
  nennt eine einzige Meldung alles, was zu berichtigen ist.

  Grundlage:
    Angenommen die Umgebung ist sauber

  Szenario: Erfolgreiche Konfiguration laden
    Angenommen die folgenden Umgebungsvariablen sind gesetzt:
      | Variable        | Wert        |
      | BDA_CLIENT_ID   | enercity    |
      | BDA_ENVIRONMENT | dev         |
      | BDA_DB_HOST     | localhost   |
      | BDA_DB_PASSWORD | secret      |
      | BDA_S3_BUCKET   | test-bucket |
    Wenn ich die Konfiguration lade
    Dann sollte die Konfiguration erfolgreich geladen werden
    Und die Client-ID sollte "enercity" sein
    Und die Umgebung sollte "dev" sein
    Und der Datenbankhost sollte "localhost" sein
    Und der Datenbankport sollte 5432 sein
    Und der Bucket sollte "test-bucket" sein
    Und das Warehouse sollte über die Verbindung "bda_warehouse_enercity" erreicht werden

  Szenario: Vorgaben gelten, wo nichts gesetzt ist
    Angenommen die folgenden Umgebungsvariablen sind gesetzt:
      | Variable      | Wert        |
      | BDA_CLIENT_ID | enercity    |
      | BDA_S3_BUCKET | test-bucket |
    Wenn ich die Konfiguration lade
    Dann sollten diese Vorgaben gelten:
      | Variable            | Wert               |
      | BDA_LOG_LEVEL       | info               |
      | BDA_DB_PORT         | 5432               |
      | BDA_DB_NAME         | octopus            |
      | BDA_DB_USER         | billing_aggregator |
      | BDA_DB_MAX_CONNS    | 4                  |
      | BDA_DB_MAX_IDLE     | 0                  |
      | BDA_DB_MINUTES_IDLE | 5                  |
      | BDA_S3_REGION       | eu-central-1       |
      | BDA_DRY_RUN         | False              |
    Und eine Datei sollte höchstens 1000000 Zeilen haben

  Szenario: Leere Variablen gelten als nicht gesetzt
    Angenommen die folgenden Umgebungsvariablen sind gesetzt:
      | Variable         | Wert        |
      | BDA_CLIENT_ID    | enercity    |
      | BDA_S3_BUCKET    | test-bucket |
      | BDA_S3_REGION    |             |
      | BDA_DB_MAX_CONNS |             |
    Wenn ich die Konfiguration lade
    Dann sollten diese Vorgaben gelten:
      | Variable         | Wert         |
      | BDA_S3_REGION    | eu-central-1 |
      | BDA_DB_MAX_CONNS | 4            |

  Szenariogrundriss: Die Systeme eines Laufs werden eingestellt
    Angenommen die folgenden Umgebungsvariablen sind gesetzt:
      | Variable           | Wert          |
      | BDA_SYSTEMS        | <Systeme>     |
      | BDA_IGNORE_SYSTEMS | <Ausgenommen> |
    Wenn Airflow den DAG lädt
    Dann sollten diese Systeme vorausgewählt sein: <Auswahl>

    Beispiele:
      | Systeme    | Ausgenommen | Auswahl                       |
      |            |             | bookkeeper, customer, tripica |
      | bookkeeper |             | bookkeeper, customer          |
      |            | tripica     | bookkeeper, customer          |

  Szenario: Airflow zeigt alle falschen Einstellungen in einem Fehler
    Angenommen die folgenden Umgebungsvariablen sind gesetzt:
      | Variable        | Wert  |
      | BDA_CLIENT_ID   | a b   |
      | BDA_DB_PORT     | viele |
      | BDA_LOG_LEVEL   | laut  |
    Wenn Airflow den DAG lädt
    Dann sollte Airflow statt des DAGs einen Fehler zeigen
    Und die Meldung sollte "BDA_CLIENT_ID" enthalten
    Und die Meldung sollte "BDA_DB_PORT" enthalten
    Und die Meldung sollte "BDA_LOG_LEVEL" enthalten

  Szenario: Ohne Datenbankhost gilt die Verbindung aus Airflow
    Angenommen die folgenden Umgebungsvariablen sind gesetzt:
      | Variable      | Wert        |
      | BDA_CLIENT_ID | enercity    |
      | BDA_S3_BUCKET | test-bucket |
    Wenn ich die Konfiguration lade
    Dann sollte die Konfiguration erfolgreich geladen werden
    Und die Umgebung sollte "local" sein
    Und das Warehouse sollte über die Verbindung "octopus" erreicht werden
    Und S3 sollte über die Verbindung "billing_s3" erreicht werden

  Szenario: Auf AWS wird die Umgebung als Produktion erkannt
    Angenommen die folgenden Umgebungsvariablen sind gesetzt:
      | Variable          | Wert            |
      | BDA_CLIENT_ID     | enercity        |
      | BDA_S3_BUCKET     | billing-exports |
      | AWS_EXECUTION_ENV | AWS_ECS_FARGATE |
    Wenn ich die Konfiguration lade
    Dann sollte die Konfiguration erfolgreich geladen werden
    Und die Umgebung sollte "prod" sein

  Szenario: Fehlende Werte werden alle auf einmal gemeldet
    Angenommen die folgenden Umgebungsvariablen sind gesetzt:
      | Variable    | Wert      |
      | BDA_DB_HOST | localhost |
    Wenn ich die Konfiguration lade
    Dann sollte die Konfiguration abgelehnt werden
    Und die Meldung sollte "BDA_CLIENT_ID is required" enthalten
    Und die Meldung sollte "BDA_DB_PASSWORD is required" enthalten
    Und die Meldung sollte "BDA_S3_BUCKET is required" enthalten

  Szenariogrundriss: Falsche Werte werden mit der Regel gemeldet
    Angenommen die folgenden Umgebungsvariablen sind gesetzt:
      | Variable      | Wert        |
      | BDA_CLIENT_ID | enercity    |
      | BDA_S3_BUCKET | test-bucket |
    Und die Umgebungsvariable "<Variable>" ist "<Wert>"
    Wenn ich die Konfiguration lade
    Dann sollte die Konfiguration abgelehnt werden
    Und die Meldung sollte "<Meldung>" enthalten

    Beispiele:
      | Variable              | Wert       | Meldung                                        |
      | BDA_ENVIRONMENT       | produktion | must be one of local, dev, stage, prod         |
      | BDA_MAX_ROW_SIZE_FILE | viele      | must be a whole number                         |
      | BDA_CLIENT            | enercity   | did you mean BDA_CLIENT_ID?                    |
      | BDA_DB_PASSWORD       | secret     | is set but BDA_DB_HOST is not                  |
      | BDA_S3_ACCESS_KEY     | AKIA       | BDA_S3_SECRET_ACCESS_KEY is required           |

  Szenario: Kennwörter erscheinen weder in Meldungen noch in Anzeigen
    Angenommen die folgenden Umgebungsvariablen sind gesetzt:
      | Variable        | Wert        |
      | BDA_CLIENT_ID   | enercity    |
      | BDA_DB_HOST     | localhost   |
      | BDA_DB_PASSWORD | geheim123   |
      | BDA_S3_BUCKET   | test-bucket |
    Wenn ich die Konfiguration lade
    Dann sollte die Konfiguration erfolgreich geladen werden
    Und die Anzeige der Konfiguration sollte "geheim123" nicht enthalten
