"""The words in which a post's last lines say what made it, in the languages of the labels: fragments of regular expressions.

Eight languages have a grammar, the others statements: whole sentences, strictly in the order in which they are common.
"""

from __future__ import annotations

from dataclasses import dataclass

NEVER = r"(?!)"


@dataclass(frozen=True, slots=True)
class Grammar:
    """How one language says "this text was (partly) written by AI (with the help of AI)"."""

    this: str
    texts: str
    pictures: str
    conjunction: str
    being: str
    partly: str
    generated: str
    """Participles that only a machine earns."""
    written: str
    """Participles that people earn too."""
    edited: str
    """Participles for altered pictures."""
    by: str
    by_help_of: str
    by_person_with: str = NEVER
    """"by Jane Doe with …": a person wrote, a machine helped."""
    verb_last: bool = False


GRAMMARS = (
    Grammar(
        this=r"this|these|the|all|some|our|my",
        texts=r"texts?|articles?|posts?|blog posts?|stor(?:y|ies)|content|page|summary|report",
        pictures=r"images?|photos?|photographs?|pictures?|illustrations?|artwork|graphics|visuals",
        conjunction="and|&",
        being=r"was|is|were|are|has been|have been",
        partly=r"partly|partially|in part",
        generated=r"(?:auto-?|automatically |entirely )?generated",
        written=r"(?:entirely )?(?:written|created|produced|drafted|composed|authored|made)",
        edited=r"edited|altered|modified|retouched",
        by=r"(?:entirely |automatically )?(?:by|with|using|via)",
        by_help_of=r"(?:by [^.,;:]{1,40},? )?with (?:the |some )?(?:help|assistance|aid|support) (?:of|from)",
        by_person_with=r"by [^.,;:]{1,40} (?:with|using)",
    ),
    Grammar(
        this=r"diese[rsmn]?|der|die|das|den|alle",
        texts=r"texte?|artikel|beitr(?:ag|äge)|blogbeitrag|inhalte?",
        pictures=r"bild(?:er)?|fotos?|illustration(?:en)?|grafiken",
        conjunction="und",
        being=r"wurden?|ist|sind",
        partly=r"teilweise|zum teil",
        generated=r"(?:automatisch )?(?:generiert|erzeugt)",
        written=r"geschrieben|verfasst|erstellt",
        edited=r"bearbeitet|verändert",
        by=r"von|durch|mit|mittels",
        by_help_of=r"(?:mit hilfe|mithilfe|unter verwendung) (?:von|eine[rs]|der|des)|mit unterstützung (?:von|durch|eine[rs])",
        verb_last=True,
    ),
    Grammar(
        this=r"cet|cette|ces?|les?|la|toutes les",
        texts=r"textes?|articles?|billet|contenu|publication",
        pictures=r"images?|photos?|photographies|illustrations?",
        conjunction="et",
        being=r"a été|ont été|est|sont",
        partly=r"partiellement|en partie",
        generated=r"(?:automatiquement )?générée?s?(?: automatiquement)?",
        written=r"écrite?s?|rédigée?s?|créée?s?|produite?s?",
        edited=r"modifiée?s?|retouchée?s?",
        by=r"par|avec|via",
        by_help_of=r"(?:avec|à) l'(?:aide|assistance) (?:de|d')",
    ),
    Grammar(
        this=r"est[ea]s?|el|la|los|las",
        texts=r"textos?|artículo|entrada|publicación|contenido|post",
        pictures=r"im[aá]gen(?:es)?|fotos?|fotografías?|ilustraci(?:ón|ones)",
        conjunction="y|e",
        being=r"ha sido|han sido|fue(?:ron)?|está|se ha",
        partly=r"parcialmente|en parte",
        generated=r"(?:automáticamente )?generad[oa]s?(?: automáticamente)?",
        written=r"escrit[oa]s?|redactad[oa]s?|cread[oa]s?|elaborad[oa]s?",
        edited=r"editad[oa]s?|modificad[oa]s?|retocad[oa]s?",
        by=r"por|con|mediante",
        by_help_of=r"con (?:la )?(?:ayuda|asistencia) del?",
    ),
    Grammar(
        this=r"quest[oaei]|il|la|le|i|gli",
        texts=r"test[oi]|articol[oi]|post|contenuto",
        pictures=r"immagin[ei]|foto|fotografie|illustrazion[ei]",
        conjunction="e",
        being=r"è stat[oa]|sono stat[ei]|è|sono",
        partly=r"parzialmente|in parte",
        generated=r"(?:automaticamente )?generat[oaei](?: automaticamente)?",
        written=r"scritt[oaei]|redatt[oaei]|creat[oaei]|prodott[oaei]",
        edited=r"modificat[oaei]|ritoccat[oaei]",
        by=r"da|dal|dalla|dall'|con|con la|con l'|tramite",
        by_help_of=r"con (?:l'aiuto|il supporto|l'assistenza) (?:di|del|della|dell')",
    ),
    Grammar(
        this=r"est[ea]s?|[oa]s?",
        texts=r"textos?|artigos?|post|publicação|conteúdo",
        pictures=r"image(?:m|ns)|fotos?|fotografias?|ilustraç(?:ão|ões)",
        conjunction="e",
        being=r"foi|foram|é|são",
        partly=r"parcialmente|em parte",
        generated=r"(?:automaticamente )?gerad[oa]s?(?: automaticamente)?",
        written=r"escrit[oa]s?|redigid[oa]s?|criad[oa]s?|produzid[oa]s?",
        edited=r"editad[oa]s?|modificad[oa]s?|retocad[oa]s?",
        by=r"por|pela|com|com a|via",
        by_help_of=r"com (?:[oa] )?(?:ajuda|auxílio|apoio|assistência) (?:de|da|do)",
    ),
    Grammar(
        this=r"deze|dit|de|het|alle",
        texts=r"tekst(?:en)?|artikel(?:en)?|bericht|blog(?:post)?|inhoud",
        pictures=r"beeld(?:en)?|afbeelding(?:en)?|foto's|foto|illustraties?",
        conjunction="en",
        being=r"is|zijn|werd(?:en)?",
        partly=r"deels|gedeeltelijk",
        generated=r"(?:automatisch )?gegenereerd",
        written=r"geschreven|gemaakt|opgesteld|gecreëerd",
        edited=r"bewerkt|aangepast",
        by=r"door|met|via",
        by_help_of=r"met (?:de )?hulp van|met behulp van",
        verb_last=True,
    ),
    Grammar(
        this=r"den här|det här|de här|denna|detta|dessa|alla",
        texts=r"text(?:en|er|erna)?|artikel(?:n)?|inlägg(?:et)?|innehåll(?:et)?",
        pictures=r"bild(?:en|er|erna)?|foton?|illustration(?:en|er)?",
        conjunction="och",
        being=r"är|har|blev",
        partly=r"delvis",
        generated=r"(?:automatiskt )?(?:genererad|genererade|genererat|genererats)",
        written=r"skriv(?:en|et|na|its)|skrevs|skap(?:ad|ade|at|ats)|producera(?:d|de|t|ts)",
        edited=r"redigera(?:d|de|t|ts)|ändra(?:d|de|t|ts)|retuschera(?:d|de|t|ts)",
        by=r"av|med|via",
        by_help_of=r"med (?:hjälp|stöd) av",
    ),
)


@dataclass(frozen=True, slots=True)
class Statement:
    """How one language commonly says "this text was written by AI", in which `orders` the parts below may stand.

    {S} is the subject, {M} who made it, {V} what was done, {H} that AI only helped. Arabic has bare alifs and no vowel signs.
    """

    texts: str
    pictures: str
    conjunction: str
    ai: str
    generated: str
    """What only a machine does."""
    written: str
    edited: str
    """What is done to pictures."""
    help: str
    orders: tuple[str, ...]
    then: str = NEVER
    """How a sentence goes on without taking anything back: "and checked by"."""


NOTE = (
    r"(?:(?:note|nb|obs|bemærk|merk|uwaga|informacja|nota|poznámka|upozornění|huom(?:io|autus)?\.?|not|uyarı|примітка|увага"
    r"|σημείωση|ملاحظة|تنويه|नोट|सूचना|catatan|lưu ý|ghi chú|注意?|注記|お知らせ"
    r"|[说說]明|[声聲]明|提示|备注|備註|안내|참고|알림) ?: ?)?"
)
STATEMENTS = (
    Statement(  # Danish and Norwegian
        texts=r"(?:(?:denne|dette|hele) )?(?:tekst(?:en)?|arti(?:kel|klen|kkel|kkelen)|(?:blogg?)?ind?nlegg(?:et)?"
        r"|(?:blog)?indlæg(?:get)?|innlegg(?:et)?|opslag(?:et)?|indhold(?:et)?|innhold(?:et)?|saken)",
        pictures=r"(?:(?:dette|disse|alle) )?"
        r"(?:billede(?:t|r|rne)?|bilde(?:t|r|ne)?|foto(?:et|s)?|illustra[ts]j?ion(?:en|er|ene|erne)?)",
        conjunction="og",
        ai=r"(?:en )?(?:{AI}|{KI})|kunstig intelligens",
        generated=r"(?:automatisk )?genere?re?t",
        written=r"(?:automatisk )?(?:skrevet|la[gv]et|skabt|skapt|produ[cs]ere?t|udarbejdet|utarbeidet|opprettet)",
        edited=r"redigere?t|ændret|endret|retouchere?t|retusjert|bearbe[jd]+et",
        help=r"(?:delvist?|ved hjelp av|ved hjælp af|med (?:hjælp|hjelp|støtte|bistand) (?:af|fra|av))",
        orders=(
            r"(?:{S} (?:(?:er|blev|ble|er blevet|er blitt|har blitt) )?)?{V} (?:automatisk )?"
            r"(?:{H}|helt av|af|av|med|ved bru[kg] a[fv]) {M}",
            r"(?:{S} (?:(?:er|blev|ble) )?)?{H} {V} (?:af|av|med) {M}",
            r"{S} er (?:{AI}|{KI})-(?:generere?t|skrevet|skabt|skapt)",
        ),
        then=r",? og (?:redigere?t|gennemgået|gjennomgått|kontrollere?t|tjekket|sjekket) a[fv] ",
    ),
    Statement(  # Finnish
        texts=r"(?:tämän? )?(?:(?:blogi)?teksti|artikkeli|kirjoitu(?:s|kse)|postau(?:s|kse)|jutt?u|sisält?l?ö|julkaisu)n?",
        pictures=r"(?:(?:tämän?|nämä|kaikki) )?(?:valo)?kuv(?:an?|at|aa|ia|itus|ituksen)",
        conjunction="ja",
        ai=r"tekoäly|{AI}",
        generated=r"generoi(?:tu|nut|ma)",
        written=r"kirjoit(?:ettu|tanut|tama)|luo(?:tu|nut|ma)|tuot(?:ettu|tanut|tama)|teh(?:ty|nyt)|tekemä|laa(?:dittu|tinut|tima)",
        edited=r"muoka(?:ttu|nnut)|muokkaama|käsitelty",
        help=r"(?:osittain|(?:avulla|tuella|avustuksella|apuna käyttäen))",
        orders=(
            r"(?:{S} (?:on )?)?(?:{H} )?{V} {M}(?::?ll[aä]|:?n {H}|:?t?[aä] (?:käyttäen|hyödyntäen))",
            r"(?:{S} on )(?:{H} )?{M}(?::?n|:?ll[aä]) {V}",
            r"{S} on {V} {M}",
        ),
        then=r",? ja (?:toimitu\w+|tarkistettu|muokattu) ",
    ),
    Statement(  # Polish
        texts=r"(?:(?:t[ea]n?|niniejsz[ya]|cał[ya]) )?(?:tekst|artykuł|wpis|post|materiał|treść|publikacja)",
        pictures=r"(?:(?:ten|ta|to|te|wszystkie) )?(?:obraz(?:y|ek|ki)?|zdjęci[ea]|grafik[ai]|ilustracj[aei]|fotografi[aei])",
        conjunction="i|oraz",
        ai=r"{AI}|sztuczn(?:a|ą|ej) inteligencj[aąeęi]",
        generated=r"(?:automatycznie )?(?:wygenerowan[yaeoi]|wygenerowała?)",
        written=r"(?:napisan|stworzon|utworzon|opracowan|przygotowan)[yaeoi]|(?:napisa|stworzy|utworzy|przygotowa)ła?",
        edited=r"(?:edytowan|zmienion|zmodyfikowan|przerobion)[yaeo]",
        help=r"(?:częściowo|(?:z|przy) pomocy?|z pomocą|(?:przy|ze) wsparci[ue]m?)",
        orders=(
            r"(?:{S} (?:(?:został[ayo]?|zostały|jest|są|był[ayo]?|były) )?)?(?:{H} )?{V} (?:w całości |automatycznie )?"
            r"(?:{H}|przez|przy użyciu|z użyciem|za pomocą|z wykorzystaniem) {M}",
            r"{S} (?:w całości )?{V} {M}",
            r"autorem (?:tego|niniejszego) (?P<text>tekstu|artykułu|wpisu) jest {M}",
        ),
        then=r",? (?:i |a )?(?:zredagowan|sprawdzon|zweryfikowan)\w+ przez ",
    ),
    Statement(  # Czech
        texts=r"(?:(?:tento|toto|celý) )?(?:text|článek|příspěvek|obsah|blogový příspěvek)",
        pictures=r"(?:t[aeouy]n?to )?(?:obráz(?:ek|ky)|sním(?:ek|ky)|fotografi[ei]|fotk[auy]|ilustrac[ei]|grafik[auy])",
        conjunction="a",
        ai=r"{AI}|uměl(?:á|ou|é) inteligenc[eí]",
        generated=r"(?:automaticky )?(?:vy)?generov(?:[aá]n[aoyiýáé]?|ala?)",
        written=r"(?:(?:na|se)?ps[aá]n|vytvořen)[aoyiýáé]?|(?:napsal|vytvořil|sepsal)[ay]?",
        edited=r"(?:upraven|pozměněn|retušov[aá]n)[aoyiýáé]?|upravila",
        help=r"(?:částečně|(?:s pomocí|za pomoci|s podporou|s přispěním))",
        orders=(
            r"(?:{S} (?:(?:byl[aoyi]?|je|jsou) )?)?(?:{H} )?{V} (?:{H} |pomocí |prostřednictvím |za použití |s využitím )?{M}",
        ),
        then=r",? a (?:zkontrolov|zredigov|upraven)\w+ ",
    ),
    Statement(  # Ukrainian
        texts=r"(?:(?:цей|ця|цю|це|весь|увесь) )?(?:текст|статт[яю]|допис|пост|матеріал|контент|публікаці[яю])",
        pictures=r"(?:(?:це|ці|цю|ця|всі|усі) )?(?:зображення|фото|фотографі[яїю]|ілюстраці[яїю]|картинк[аиу]|малюн(?:ок|ки))",
        conjunction="і|й|та",
        ai=r"(?-i:ШІ)|{AI}|штучн(?:ий|им|ого) інтелект(?:ом|у)?",
        generated=r"(?:автоматично )?згенерова(?:н(?:о|ий|а|е|і)|в|ла)",
        written=r"(?:написан|створен|підготовлен)(?:о|ий|а|е|і)|(?:написа|створи|підготува)(?:в|ла)",
        edited=r"(?:змінен|відредагован|оброблен)(?:о|ий|а|е|і)",
        help=r"(?:частково|(?:за|з) допомогою|за підтримки)",
        orders=(r"(?:{S} )?(?:бу(?:в|ла|ло|ли) )?(?:{H} )?{V} (?:повністю )?(?:{H} )?{M}",),
        then=r",? (?:і|й|та) (?:перевірен|відредагован)\w+ ",
    ),
    Statement(  # Greek
        texts=r"(?:(?:αυτ[όή]|το|η|παρόν|παρούσα) ){0,3}(?:κείμενο|άρθρο|ανάρτηση|δημοσίευση|περιεχόμενο)(?: αυτ[όή])?",
        pictures=r"(?:(?:αυτ[ήέ]ς?|η|οι|όλες|τις) ){0,3}(?:εικόν(?:α|ες)|φωτογραφί(?:α|ες)|εικονογράφηση)",
        conjunction="και",
        ai=r"{AI}|(?-i:ΤΝ)|τεχνητής? νοημοσύνης?",
        generated=r"(?:παράχθηκ(?:ε|αν)|(?:έχ(?:ει|ουν) )?παραχθεί)(?: αυτόματα)?",
        written=r"(?:γρά[φπ][τθ]?ηκ|δημιουργήθηκ|συντάχθηκ)(?:ε|αν)|(?:γραμμέν|δημιουργημέν)[οηαες]{1,2}"
        r"|(?:έχ(?:ει|ουν) )?(?:γραφτεί|γραφεί|δημιουργηθεί|συνταχθεί)",
        edited=r"(?:τροποποιήθηκ|επεξεργάστηκ)(?:ε|αν)|(?:επεξεργασμέν|τροποποιημέν)[οηαες]{1,2}",
        help=r"(?:εν μέρει|με (?:τη )?βοήθεια|με (?:την )?υποστήριξη)",
        orders=(
            r"(?:{S} )?(?:που |είναι )?(?:{H} )?{V} (?:εξ ολοκλήρου )?"
            r"(?:{H}|από|με(?: τη)? χρήση|με|μέσω) (?:τ(?:ην?|ης|ον?|ου) )?{M}",
        ),
        then=r",? και (?:ελέγχθηκ|επιμελήθηκ)\w+ ",
    ),
    Statement(  # Turkish
        texts=r"(?:bu )?(?:met(?:in|ni)|makale(?:yi)?|(?:blog )?yazı(?:sı|yı)?|haberi?|[iİ]çeri[kğ]i?|gönderi(?:yi)?)",
        pictures=r"(?:bu |tüm )?(?:görsel(?:ler)?i?|resim(?:ler)?i?|fotoğraf(?:lar)?ı?|çizim(?:ler)?i?)",
        conjunction="ve",
        ai=r"(?:bir )?(?:yapay zek[âa]|{AI})",
        generated=r"üretil(?:di|miştir)|üretti",
        written=r"(?:(?:yazıl|hazırlan|yaratıl)(?:dı|mıştır)|oluşturul(?:du|muştur)|yazdı|oluşturdu|hazırladı)",
        edited=r"düzenlen(?:di|miştir)|değiştiril(?:di|miştir)|düzenledi",
        help=r"(?:kısmen|(?:desteğ|yardım)[ıi](?:yla|yle| ile))",
        orders=(
            r"(?:{S} )?(?:{H} )?"
            r"{M}(?:'?y?l[ae]| (?:ile|tarafından|kullanılarak|aracılığıyla)|(?:'?n[ıi]n)? {H}) (?:otomatik olarak )?{V}",
            r"{S} {M} {V}",
        ),
    ),
    Statement(  # Indonesian
        texts=r"(?:seluruh |semua )?(?:artikel|teks|tulisan|postingan|unggahan|konten|berita)(?: ini)?",
        pictures=r"(?:semua )?(?:gambar|foto|ilustrasi)(?: ini| di atas)?",
        conjunction="dan",
        ai=r"{AI}|kecerdasan (?:buatan|artifisial)",
        generated=r"dihasilkan|di-?generate",
        written=r"ditulis|dibuat|disusun",
        edited=r"diedit|diubah|disunting|dimodifikasi",
        help=r"(?:sebagian|dengan bantuan|dibantu(?: oleh)?)",
        orders=(
            r"(?:{S} )?(?:telah |sudah )?(?:{H} )?{V} (?:sepenuhnya |secara otomatis )?"
            r"(?:{H}|oleh|dengan menggunakan|dengan|menggunakan|memakai) {M}",
            r"{S} (?:merupakan |adalah )?(?:buatan|hasil) {M}",
        ),
        then=r",? dan (?:disunting|ditinjau|diperiksa|diedit) ",
    ),
    Statement(  # Vietnamese
        texts=r"(?:toàn bộ )?(?:bài (?:viết|báo|đăng)|văn bản|nội dung)(?: này)?",
        pictures=r"(?:các |những |tất cả )?(?:hình(?: ảnh)?(?: minh họa)?|(?:bức )?ảnh(?: minh họa)?)(?: này)?",
        conjunction="và",
        ai=r"(?:công cụ |mô hình )?(?:{AI}|trí tuệ nhân tạo)",
        generated=r"(?:tự động )?(?:sinh|tạo) ra",
        written=r"viết(?: ra)?|tạo(?: nên)?|(?:biên )?soạn",
        edited=r"chỉnh sửa",
        help=r"(?:một phần|(?:với|nhờ) sự (?:hỗ trợ|trợ giúp|giúp đỡ) của)",
        orders=(
            r"(?:{S} )?(?:là )?do {M} (?:tự động )?{V}",
            r"(?:{S} (?:đã )?(?:được )?|được ){V} (?:(?:hoàn toàn |{H} )?(?:bằng|bởi)|{H}) {M}",
            r"{S} (?:đã )?được {M} {V}",
        ),
        then=r",? và (?:đã )?được ",
    ),
    Statement(  # Arabic
        texts=r"(?:هذا |هذه )?(?:ال)?(?:نص|مقالة?|منشور|تدوينة|محتوي|خبر|تقرير)",
        pictures=r"(?:هذه |جميع )?(?:ال)?(?:صورة?|رسوم)",
        conjunction=r"و",
        ai=r"(?:ال)?ذكاء (?:ال)?اصطناعي|{AI}",
        generated=r"تمت? توليد|ولدت?|مولدة?|تم توليده[ا]?",
        written=r"تمت? (?:كتابة|انشاء|اعداد|صياغة|انتاج)|كتبت?|انشئت?|اعدت?|كتبها?|كتبه|انشاها?|مكتوبة?|منشاة?"
        r"|من (?:انشاء|اعداد|كتابة)"
        r"|تمت? (?:كتابته|انشاؤه|اعداده)ا?",
        edited=r"تم تعديل|عدلت?|معدلة?|تم تعديلها?",
        help=r"(?:جزئيا|بمساعدة|بدعم(?: من)?)",
        orders=(
            r"{V} {S} (?:بالكامل )?(?:{H} |بواسطة |من قبل |باستخدام |عن طريق |ب ?)?{M}",
            r"{S} {V} (?:بالكامل )?(?:{H} |بواسطة |من قبل |باستخدام |عن طريق |ب ?)?{M}",
            r"{V} (?:بالكامل )?(?:{H} |بواسطة |من قبل |باستخدام |عن طريق |ب ?){M}",
        ),
        then=r"،? و(?:راجع|دقق|حرر)\w* ",
    ),
    Statement(  # Hindi
        texts=r"(?:यह |इस |ये )?(?:पूरा )?(?:लेख|टेक्स्ट|(?:ब्लॉग )?पोस्ट|आर्टिकल|सामग्री|कं?टेंट|कॉन्टेंट|(?:ख़|ख)बर)(?: को)?",
        pictures=r"(?:यह |ये |इस |इन |सभी )?(?:तस्वीर(?:ें|ों)?|(?:फ़|फ)ोटो|चित्र(?:ों)?|इमेज)(?: को)?",
        conjunction="और",
        ai=r"{AI}|एआई|आर्टिफिशियल इंटेलिजेंस|कृत्रिम बुद्धिमत्ता",
        generated=r"(?:जनरेट|जेनरेट) (?:किया|की|किए)(?: ग(?:या|ई|ए))?(?: है| हैं)?",
        written=r"(?:लिख(?:ा|ी|े)|बना(?:या|ई|ए)|तैयार (?:किया|की|किए))(?: ग(?:या|ई|ए))?(?: है| हैं)?",
        edited=r"(?:(?:एडिट|संपादित) (?:किया|की|किए)|बदल(?:ा|ी|े))(?: ग(?:या|ई|ए))?(?: है| हैं)?",
        help=r"(?:की (?:मदद|सहायता) से)",
        orders=(r"(?:{S} )?{M} (?:{H}|ने|(?:के )?द्वारा|से|के (?:ज़|ज)रिए|का (?:उपयोग|इस्तेमाल) करके) {V}",),
        then=r" और .{0,40}(?:संपाद|जाँच|जांच)",
    ),
    Statement(  # Chinese
        texts=r"[本此该該]文(?:内容|內容|全文)?"
        r"|(?:以上|[本此该該这這](?:篇|段|则|則)?)?(?:文章|文字|内容|內容|文本|[贴貼]文|帖子|稿件|报道|報導|博文)(?:内容|內容)?",
        pictures=r"(?:[本此该該]|文中|以上|所有)?(?:[图圖]片|配[图圖]|插[图圖]|[图圖]像|照片|封面[图圖])",
        conjunction="和|与|與|及",
        ai=r"{AI} ?(?:大?模型|工具|助手|系[统統])?|人工智[能慧]|大(?:[语語]言)?模型",
        generated=r"(?:自[动動])?(?:生成|[产產]生)",
        written=r"(?:撰[写寫]|[编編][写寫]|[创創]作|[写寫]作|[写寫]成|所?[写寫]|[制製]作|[绘繪][制製])(?:完成)?|完成",
        edited=r"[编編][辑輯]|修改|编修|編修|合成(?:处理|處理)?",
        help=r"(?:部分|[辅輔]助|[协協]助)",
        orders=(
            r"(?:{S} ?)?(?:均|皆|都|全部|完全|{H})?(?:是|系|係)?(?:由|[为為]) ?{M} ?(?:{H} ?)?{V}的?",
            r"{S} ?(?:均|皆|都)?(?:使用|利用|[经經]|[通透][过過]|用) ?{M} ?(?:{H} ?)?{V}",
        ),
        then=r"[,;] ?(?:[仅僅]供|[并並]?[经經]|由|[请請]|注意|可能|人工|[编編][辑輯])",
    ),
    Statement(  # Japanese
        texts=r"(?:この|本|当|こちらの)?(?:記事|文章|投稿|テキスト|コンテンツ|ブログ|原稿|本文)",
        pictures=r"(?:この|これらの|本|記事内の)?(?:画像|写真|イラスト|挿絵|図版)",
        conjunction="と|および|及び",
        ai=r"(?:生成)?{AI}(?:ツール|モデル)?|人工知能",
        generated=r"(?:自動)?生成(?:(?:され|し)(?:まし)?(?:た(?:もの(?:です)?)?|ています|ております)?)?",
        written=r"(?:作成|執筆|制作)(?:(?:され|し)(?:まし)?(?:た(?:もの(?:です)?)?|ています|ております)?)?"
        r"|(?:書(?:かれ|き)|作(?:られ|り)|描(?:かれ|き))まし?た(?:もの(?:です)?)?"
        r"|(?:書(?:かれ|い)|作(?:られ|っ)|描(?:かれ|い))(?:た(?:もの(?:です)?)?|ています)",
        edited=r"(?:編集|加工|修正)(?:(?:され|し)(?:まし)?(?:た(?:もの(?:です)?)?|ています|ております))?",
        help=r"(?:の一部|の(?:支援|補助|協力|サポート|助け)(?:を(?:受けて|得て|借りて)|により|で))",
        orders=(
            r"{S}{H}?[はがも]、?(?:すべて|全て|主に)?"
            r"{M}(?:{H}|によって|により|にて|で|が|を(?:使って|使用して|用いて|利用して|活用して|使い|用い))、?{V}",
            r"{M}(?:{H}|によって|により|にて|で|が|を(?:使って|使用して|用いて|利用して|活用して))、?{V}(?<=です|ました|ます)",
            r"{S}の(?P<help>作成|執筆|制作|生成)に(?:は|あたり)?、?{M}を(?:使用|利用|活用)(?:し(?:ました|ています|ております|た))?",
            r"{M}(?:によって|により|で|が)、?(?:自動)?"
            r"(?:(?:生成|作成|執筆|制作)(?:された|した)|書かれた|書いた|描いた){S}(?:です|となります)",
        ),
        then=r"、(?=.{0,20}(?:確認|編集|校正|監修))",
    ),
    Statement(  # Korean
        texts=r"(?:(?:이|본|해당) ?)?(?:(?:블로그 )?글|기사|포스트|게시[물글]|[콘컨]텐츠|텍스트|본문)",
        pictures=r"(?:(?:이|본|위|모든) ?)?(?:이미지|사진|그림|삽화|일러스트)들?",
        conjunction=r"[과와]",
        ai=r"{AI}|인공 ?지능",
        generated=r"생성(?:(?:하였|했|되었|됐)(?:습니다|음|다)|됨|[된한] 것입니다)",
        written=r"(?:작성|제작|집필)(?:(?:하였|했|되었|됐)(?:습니다|음|다)|됨|[된한] 것입니다)"
        r"|(?:썼|쓰였|만들었|만들어졌)(?:습니다|음|다)",
        edited=r"(?:편집|수정|보정)(?:(?:하였|했|되었|됐)(?:습니다|음|다)|됨|[된한] 것입니다)",
        help=r"(?:일부|의 (?:도움|지원)(?:을 받아|으로))",
        orders=(
            r"(?:{S}(?:은|는|이|가|도)? )?"
            r"{M}(?:{H}|가|이|로|으로|에 의해|[를을] (?:사용|활용|이용)(?:해서?|하여)) (?:자동(?:으로)? )?{V}",
            r"{M}(?:가|이|로|으로|에 의해) (?:작성|생성|제작|집필)[된한] {S}입니다",
            r"{M}(?:가|이) (?:쓴|만든) {S}입니다",
        ),
    ),
)
