import java.net.CookieManager;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * Clients of the JDK: Client.java KIND BASE CA NAME plays the story of LDLM REST (http1, http2, continue) or of
 * Locktopus (web-socket). Ends with 0 when all is as it should be, else with 1 and the reason.
 */
class Client {
  static String base;
  static String name;
  static HttpClient client;
  static boolean expectsContinue;

  public static void main(String[] args) throws Exception {
    String kind = args[0];
    base = args[1];
    name = args[3];
    expectsContinue = kind.equals("continue");
    boolean isOld = kind.equals("http1") || kind.equals("web-socket");
    HttpClient.Builder builder = HttpClient.newBuilder()
        .version(isOld ? HttpClient.Version.HTTP_1_1 : HttpClient.Version.HTTP_2)
        .cookieHandler(new CookieManager())
        .connectTimeout(Duration.ofSeconds(10));
    if (!args[2].isEmpty()) builder.sslContext(trusting(args[2]));
    client = builder.build();
    try {
      if (kind.equals("web-socket")) lockOverWebSocket();
      else lockOverRest();
    } catch (Exception error) {
      System.err.println(error);
      System.exit(1);
    }
    System.exit(0);
  }

  static SSLContext trusting(String file) throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    try (var bytes = Files.newInputStream(Path.of(file))) {
      int count = 0;
      for (var one : CertificateFactory.getInstance("X.509").generateCertificates(bytes)) {
        store.setCertificateEntry("ca" + count++, one);
      }
    }
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }

  static void lockOverRest() throws Exception {
    check("session", ask("POST", "/session", ""), "\"session_id\": \"");
    String taken = ask("POST", "/v1/lock", named(""));
    check("lock", taken, "\"locked\":true");
    String key = taken.replaceAll(".*\"key\":\"([^\"]*)\".*", "$1");
    check("second lock", ask("POST", "/v1/lock", named("")), "\"locked\":false");
    String unlock = named(",\"key\":\"" + key + "\"");
    check("unlock", ask("POST", "/v1/unlock", unlock), "\"unlocked\":true");
    check("end", ask("DELETE", "/session", null), "\"session_id\": \"\"");
  }

  static String named(String more) {
    return "{\"name\":\"" + name + "\"" + more + "}";
  }

  static String ask(String method, String path, String body) throws Exception {
    var publisher = body == null
        ? HttpRequest.BodyPublishers.noBody()
        : HttpRequest.BodyPublishers.ofString(body);
    var request = HttpRequest.newBuilder(URI.create(base + path))
        .method(method, publisher)
        .expectContinue(expectsContinue && body != null)
        .timeout(Duration.ofSeconds(10))
        .build();
    return client.send(request, BodyHandlers.ofString()).body();
  }

  static void lockOverWebSocket() throws Exception {
    var heard = new LinkedBlockingQueue<String>();
    var listener = new WebSocket.Listener() {
      @Override
      public CompletionStage<?> onText(WebSocket peer, CharSequence data, boolean last) {
        heard.add(data.toString());
        peer.request(1);
        return null;
      }

      @Override
      public void onError(WebSocket peer, Throwable error) {
        heard.add(error.toString());
      }
    };
    URI uri = URI.create(base.replaceFirst("http", "ws") + "/v1?namespace=field");
    WebSocket peer = client.newWebSocketBuilder().buildAsync(uri, listener).get(10, TimeUnit.SECONDS);
    String lock =
        "{\"action\":\"lock\",\"resources\":[{\"type\":\"write\",\"path\":[\"" + name + "\"]}]}";
    peer.sendText(lock, true);
    check("lock", heard.poll(10, TimeUnit.SECONDS), "\"state\":\"acquired\"");
    peer.sendText("{\"action\":\"release\"}", true);
    check("release", heard.poll(10, TimeUnit.SECONDS), "\"state\":\"ready\"");
    peer.sendClose(1000, "").get(10, TimeUnit.SECONDS);
  }

  static void check(String what, String actual, String wanted) {
    if (actual != null && actual.contains(wanted)) return;
    System.err.println(what + ": " + actual);
    System.exit(1);
  }
}
